"""What can be wrong with a camera's model that looks for masks, in words. The gate goes on without it."""

from collections.abc import Mapping

from edge.config.words import Text

_ASKED = Text(
    "The attendant is asked for the mask as without a model.", "没有模型时照常由门岗查看口罩并点一下。"
)


def _words(en: str, zh: str) -> Text:
    return Text(f"{en} {_ASKED.en}", f"{zh}{_ASKED.zh}")


MASKS: Mapping[str, tuple[Text, Text]] = {
    "mask_absent": (
        Text("The file of the mask model is not there", "找不到口罩识别模型文件"),
        _words(
            "See `mask_model` in the configuration: the whole path, readable for the gate's user.",
            "请检查配置里的 mask_model：应为完整路径，并且运行门岗的用户可以读取。",
        ),
    ),
    "mask_broken": (
        Text("The mask model cannot be used", "口罩识别模型无法使用"),
        _words(
            "It is no ONNX file, or one that OpenCV cannot run. Ask whoever supplied it for another.",
            "文件不是 ONNX，或 OpenCV 无法运行。请向提供者索取可用的文件。",
        ),
    ),
    "mask_answers": (
        Text("The mask model answers otherwise than configured", "口罩识别模型的输出与配置不符"),
        _words(
            "Compare `mask_outputs`, `mask_output` and `mask_values` with what the supplier says of it.",
            "请按模型说明核对 mask_outputs、mask_output 和 mask_values。",
        ),
    ),
}
