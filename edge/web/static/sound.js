// Tones for a verdict: two short high ones let pass, one long low one does not, one middle one asks to wait.
// Off where the lane has a loudspeaker of its own; the switch is remembered on this machine.

const TONES = {
  admit: [[880, 0, 0.12], [1175, 0.18, 0.16]],
  hold: [[587, 0, 0.35]],
  turn_back: [[196, 0, 0.9]],
  refer: [[262, 0, 0.35], [196, 0.4, 0.6]],
};
let on = false;
let context = null;

export function soundSwitch(button, byDefault) {
  const remembered = localStorage.getItem("gatepost-sound");
  set(remembered === null ? byDefault : remembered === "on");
  button.addEventListener("click", () => {
    set(!on);
    localStorage.setItem("gatepost-sound", on ? "on" : "off");
    if (on) tone("admit");
  });
  function set(value) {
    on = value;
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? button.dataset.on : button.dataset.off;
  }
}

export function tone(key) {
  // Browsers stay silent until somebody has touched the page once.
  if (!on || !TONES[key] || !navigator.userActivation.hasBeenActive) return;
  context ??= new AudioContext();
  context.resume();
  for (const [hertz, after, length] of TONES[key]) {
    const voice = context.createOscillator();
    const loudness = context.createGain();
    const start = context.currentTime + after;
    voice.frequency.value = hertz;
    loudness.gain.setValueAtTime(0.4, start);
    loudness.gain.linearRampToValueAtTime(0, start + length);
    voice.connect(loudness).connect(context.destination);
    voice.start(start);
    voice.stop(start + length);
  }
}
