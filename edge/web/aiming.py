"""What the set-up page says of a camera's picture, in both languages.

Keyed by the codes of `edge.domain.ports.Preview`; words only.
"""

from edge.web.troubles import Word

ADVICE: dict[str, Word] = {
    "good": Word("The picture is good.", "画面良好。"),
    "dark": Word(
        "Too dark: switch a light on, or turn the camera away from a bright background.",
        "画面太暗：请开灯，或让镜头避开明亮的背景。",
    ),
    "bright": Word(
        "Too bright: keep sun and lamps out of the picture, or lower the exposure.",
        "画面过亮：请避开阳光和灯光直射，或调低曝光。",
    ),
    "pale": Word(
        "Everything looks alike: wipe the lens, or hold something before the camera.",
        "画面没有明暗差别：请擦拭镜头，或在镜头前放一件物品。",
    ),
    "blurred": Word(
        "Blurred: turn the lens, wipe it, or move the code to where the picture is sharp.",
        "画面模糊：请调焦、擦拭镜头，或把码移到清晰的距离。",
    ),
}

# How much of a look a code needed; the farther down, the less is left for a worse phone.
STAGES: dict[str, Word] = {
    "zxing": Word("at first look", "一次读出"),
    "zxing+fitted": Word("brought to size", "缩放后读出"),
    "zxing+whole": Word("with one threshold", "统一阈值后读出"),
    "zxing+dark": Word("as light on dark", "按深色模式读出"),
    "zxing+smooth": Word("smoothed", "平滑后读出"),
    "zxing+sharp": Word("sharpened", "锐化后读出"),
    "zxing+even": Word("contrast evened out", "均衡对比度后读出"),
    "zxing+full": Word("at full resolution", "全分辨率读出"),
    "zbar+smooth": Word("smoothed, by the last decoder", "平滑后由备用解码器读出"),
    "zbar": Word("by the last decoder", "由备用解码器读出"),
}
