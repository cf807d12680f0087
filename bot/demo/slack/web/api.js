// Talking to the workspace: what the page asks and does. `me` is who looks at it.

import { toast } from "./dom.js";

export const session = { me: sessionStorage.getItem("me") ?? "", place: "", thread: "" };

/** Do something and return the answer, `{error}` included. */
export async function ask(body) {
  const { me, ...rest } = body;
  try {
    const answer = await fetch("/page/do", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ user: session.me, ...rest }) });
    return await answer.json();
  } catch {
    return { error: "The workspace does not answer. Is the demo still running?" };
  }
}

/** Do something; what goes wrong is shown. */
export async function act(body) {
  const answer = await ask(body);
  if (answer.error) toast(answer.error);
  return answer;
}

/** What there is to see now. */
export async function look() {
  const query = new URLSearchParams({ user: session.me, channel: session.place, thread: session.thread });
  return (await fetch(`/page/state?${query}`)).json();
}

/** Call back at each change, and when the connection comes or goes. */
export function watch(onchange, onlink) {
  const stream = new EventSource("/page/stream");
  stream.onmessage = onchange;
  stream.onopen = () => onlink(true);
  stream.onerror = () => onlink(false);
}
