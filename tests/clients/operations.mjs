// Every operation of both vendors with Node's own fetch; prints [operation, status, object] a line.
const studio = process.env.DASHSCOPE_HTTP_BASE_URL, baidu = process.env.GATEWAY_URL;

async function ask(operation, url, key, method = "POST", body = undefined) {
  const headers = { Authorization: `Bearer ${key}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const said = await answer.json();
  console.log(JSON.stringify([operation, answer.status, said.object]));
  return said;
}

const dash = (operation, path, method, body) => ask(operation, studio + path, process.env.DASHSCOPE_API_KEY, method, body);
const thread = await dash("create_thread", "/threads", "POST", { messages: [{ role: "user", content: "你好" }] });
const at = `/threads/${thread.id}`;
await dash("retrieve_thread", at, "GET");
await dash("update_thread", at, "POST", { metadata: { user: "abc123" } });
const message = await dash("create_message", `${at}/messages`, "POST", { content: "你是誰", file_ids: ["file-1"] });
await dash("list_messages", `${at}/messages?limit=2&order=desc`, "GET");
await dash("retrieve_message", `${at}/messages/${message.id}`, "GET");
await dash("update_message", `${at}/messages/${message.id}`, "POST", { metadata: { modified: "true" } });
await dash("list_message_files", `${at}/messages/${message.id}/files`, "GET");
await dash("retrieve_message_file", `${at}/messages/${message.id}/files/file-1`, "GET");
await dash("delete_thread", at, "DELETE");

const app = (operation, path, body) => ask(operation, `${baidu}/v2/threads${path}`, process.env.APPBUILDER_TOKEN, "POST", body);
const thread_id = (await app("create_thread", "", {})).id;
await app("retrieve_thread", "/query", { thread_id });
await app("update_thread", "/update", { thread_id, metadata: { user: "abc123" } });
const message_id = (await app("create_message", "/messages", { thread_id, role: "user", content: "地球是圆的吗?" })).id;
await app("list_messages", "/messages/list", { thread_id });
await app("retrieve_message", "/messages/query", { thread_id, message_id });
await app("update_message", "/messages/update", { thread_id, message_id, content: "你好", file_ids: ["file-1"] });
await app("list_message_files", "/messages/files/list", { thread_id, message_id });
await app("delete_thread", "/delete", { thread_id });
