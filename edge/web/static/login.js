// The keypad of the gate's own screen, which may have no keyboard.

const account = document.getElementById("account");
const secret = document.getElementById("secret");

document.addEventListener("click", (event) => {
  const { name, type } = event.target.closest("button")?.dataset ?? {};
  if (name) account.value = name;
  else if (type === "back") secret.value = secret.value.slice(0, -1);
  else if (type) secret.value += type;
});
