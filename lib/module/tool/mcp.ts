import { StepFailure } from '#lib/base/failure';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import { redact } from '#lib/lm/failures';
import type { Outbound } from '#lib/outbound/exchange';
import type { Secrets } from '#lib/ports/secrets';
import type { ToolRunners } from './call.ts';
import type { McpTarget, ToolFace } from './declaration.ts';
import { secretOf } from './http.ts';
import { withoutSecret } from './without-secret.ts';

// Model Context Protocol over streamable HTTP (modelcontextprotocol.io, revision 2025-06-18), as far as a caller of tools
// needs it: initialize, tools/list, tools/call. The official SDK brings a web server and its own schema library along.
const VERSION = '2025-06-18';
const MAX_REPLY_BYTES = 1024 * 1024;
const DEFAULT_TIMEOUT_SECONDS = 30;
const MAX_PAGES = 20;

type Server = Pick<McpTarget, 'url' | 'secretRef' | 'timeoutSeconds'>;

/** A conversation with one server: each call is one request; a session is kept where the server gives one. */
export interface McpSession {
  listTools(): Promise<ToolFace[]>;
  callTool(name: string, args: JsonObject): Promise<Json>;
}

/** Begins a conversation; what it needs of the home is given already. */
export type OpenMcp = (server: Server, signal?: AbortSignal) => Promise<McpSession>;

/** Throws StepFailure `Effect.Failed` for whatever the server does not do. */
export async function openMcp(
  server: Server,
  outbound: Outbound,
  secrets: Pick<Secrets, 'get'>,
  signal?: AbortSignal,
): Promise<McpSession> {
  const secret = await secretOf(server.secretRef, secrets);
  const session: Record<string, string> = {};
  let id = 0;

  const post = async (message: JsonObject): Promise<JsonObject | undefined> => {
    const reply = await outbound({
      method: 'POST',
      url: new URL(server.url),
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...session,
        ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
      timeoutSeconds: server.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
      maxBytes: MAX_REPLY_BYTES,
      ...(signal === undefined ? {} : { signal }),
    });
    const text = reply.body.toString();
    if (reply.status < 200 || reply.status > 299)
      throw failed(
        server,
        `answered ${reply.status}: ${redact(text.slice(0, 300), secret === undefined ? [] : [secret])}`,
      );
    const given = reply.headers['mcp-session-id'];
    if (typeof given === 'string') session['mcp-session-id'] = given;
    const streamed = (reply.headers['content-type'] ?? '').includes('event-stream');
    return messagesOf(text, streamed).find((one) => one.id === message.id && one.method === undefined);
  };

  const ask = async (method: string, params: JsonObject): Promise<JsonObject> => {
    id++;
    const answer = await post({ id, method, params });
    if (answer === undefined) throw failed(server, `sent no answer to ${method}`);
    const { error, result } = answer;
    if (isJsonObject(error))
      throw failed(server, String(withoutSecret(`${method}: ${String(error.message ?? 'error')}`, secret)));
    if (!isJsonObject(result)) throw failed(server, `answered ${method} with neither a result nor an error`);
    return result;
  };

  const { protocolVersion } = await ask('initialize', {
    protocolVersion: VERSION,
    capabilities: {},
    clientInfo: { name: 'dspex', version: '1' },
  });
  session['mcp-protocol-version'] = typeof protocolVersion === 'string' ? protocolVersion : VERSION;
  await post({ method: 'notifications/initialized' });

  return {
    listTools: async () => {
      const tools: ToolFace[] = [];
      let cursor: Json | undefined;
      for (let page = 0; page < MAX_PAGES; page++) {
        const { tools: some, nextCursor } = await ask('tools/list', typeof cursor === 'string' ? { cursor } : {});
        for (const one of Array.isArray(some) ? some : []) if (isJsonObject(one)) tools.push(faceOf(one));
        if (typeof nextCursor !== 'string') return tools;
        cursor = nextCursor;
      }
      throw failed(server, `lists tools on more than ${MAX_PAGES} pages`);
    },
    callTool: async (name, args) => {
      const result = await ask('tools/call', { name, arguments: args });
      return resultOf(withoutSecret(result, secret) as JsonObject, name);
    },
  };
}

export function mcpTool(outbound: Outbound, secrets: Pick<Secrets, 'get'>): NonNullable<ToolRunners['mcp']> {
  return async ({ mcp }, args, { signal }) => (await openMcp(mcp, outbound, secrets, signal)).callTool(mcp.tool, args);
}

function faceOf({ name, description, inputSchema }: JsonObject): ToolFace {
  const text = typeof description === 'string' ? description : '';
  return { name: String(name), description: text, parameters: isJsonObject(inputSchema) ? inputSchema : {} };
}

/** As `dspy.Tool.from_mcp_tool`: one text alone, several as a list, else whatever there is; an error is an error. */
function resultOf({ content, isError }: JsonObject, name: string): Json {
  const items = Array.isArray(content) ? content.filter(isJsonObject) : [];
  const texts = items.filter(({ type }) => type === 'text').map(({ text }) => String(text));
  const value: Json = texts.length === 1 ? (texts[0] ?? '') : texts;
  if (isError === true)
    throw new StepFailure(
      'Effect.Failed',
      `the tool ${name} failed: ${typeof value === 'string' ? value : texts.join('; ')}`,
    );
  return texts.length > 0 ? value : items;
}

/** A JSON body, or the messages of an event stream. */
function messagesOf(text: string, streamed: boolean): JsonObject[] {
  const parts = streamed
    ? text.split(/\r?\n\r?\n/u).map((event) =>
        event
          .split(/\r?\n/u)
          .flatMap((line) => (line.startsWith('data:') ? [line.slice(5)] : []))
          .join('\n'),
      )
    : [text];
  return parts.flatMap((part) => {
    try {
      const value: unknown = JSON.parse(part);
      return (Array.isArray(value) ? value : [value]).filter(isJsonObject);
    } catch {
      return [];
    }
  });
}

function failed({ url }: Server, what: string): StepFailure {
  return new StepFailure('Effect.Failed', `the MCP server ${new URL(url).origin} ${what}`);
}
