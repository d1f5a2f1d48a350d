// A run with a stream and its thread's messages with Node's own fetch; prints what was said, piece by piece, and then whole.
const base = process.env.DASHSCOPE_HTTP_BASE_URL;
const headers = { Authorization: `Bearer ${process.env.DASHSCOPE_API_KEY}`, "Content-Type": "application/json" };
const ask = async (path, body) => {
  const answer = await fetch(base + path, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer;
};

const assistant = await (await ask("/assistants", { model: "qwen-max", name: "天气" })).json();
const thread = await (await ask("/threads", { messages: [{ role: "user", content: "北京天气?" }] })).json();
const stream = await (await ask(`/threads/${thread.id}/runs`, { assistant_id: assistant.id, stream: true })).text();
const pieces = [...stream.matchAll(/event:thread.message.delta\ndata:(.*)\n/g)].map(([, data]) => JSON.parse(data).delta);
const page = await (await ask(`/threads/${thread.id}/messages`)).json();
console.log(JSON.stringify([...pieces.map((delta) => delta.content[0].text.value), page.data[0].content[0].text.value]));
