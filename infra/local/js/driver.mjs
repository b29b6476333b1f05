// Runs the official Stream Chat SDK for Python: JSON lines in, JSON lines out.
//
// in   {"id", "client", "call", "args"}    one command to a named client
//      {"answer", "token" | "error"}       the token that was asked for
// out  {"id", "ok"} | {"id", "error": {code, status, message}}
//      {"ask", "client", "user_id"}        the SDK's token provider wants a token
//
// Events of a client are kept in order until a wait_for_event takes them.

import { createInterface } from 'node:readline';
import { StreamChat } from 'stream-chat';

const clients = new Map();
const asked = new Map();
let questions = 0;

const write = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

class Client {
  constructor(name, { url, api_key: apiKey }) {
    this.name = name;
    this.chat = new StreamChat(apiKey, {
      baseURL: url,
      timeout: 10_000,
      // It stands for a phone, so it connects as one.
      allowServerSideConnect: true,
    });
    this.events = [];
    this.waiting = [];
    this.chat.on((event) => this.heard(event));
  }

  heard(event) {
    const waiter = this.waiting.find(({ fits }) => fits(event));
    if (!waiter) {
      this.events.push(event);
      return;
    }
    this.waiting.splice(this.waiting.indexOf(waiter), 1);
    waiter.take(event);
  }

  nextEvent(fits, milliseconds, wanted) {
    const index = this.events.findIndex(fits);
    if (index >= 0) return Promise.resolve(this.events.splice(index, 1)[0]);
    return new Promise((resolve, reject) => {
      const waiter = { fits };
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        reject(new Error(`no ${wanted} within ${milliseconds} ms`));
      }, milliseconds);
      waiter.take = (event) => {
        clearTimeout(timer);
        resolve(event);
      };
      this.waiting.push(waiter);
    });
  }

  askForToken(userId) {
    const question = ++questions;
    return new Promise((resolve, reject) => {
      asked.set(question, { resolve, reject });
      write({ ask: question, client: this.name, user_id: userId });
    });
  }

  channel(cid) {
    const [type, ...id] = cid.split(':');
    return this.chat.channel(type, id.join(':'));
  }
}

const plainMessage = ({ id, text, user, created_at: createdAt, type, shadowed }) => ({
  id,
  text,
  type,
  shadowed: shadowed ?? false,
  user_id: user?.id,
  user_name: user?.name,
  created_at: createdAt,
});

const plainChannel = (channel) => ({
  cid: channel.cid,
  members: Object.keys(channel.state.members).sort(),
  online: Object.values(channel.state.members).filter(({ user }) => user.online).map(({ user }) => user.id),
  messages: channel.state.messages.map(plainMessage),
  unread: channel.countUnread(),
  own_capabilities: channel.data?.own_capabilities ?? [],
});

const plainEvent = ({ message, user, channel, member, me, ...event }) => ({
  ...event,
  message: message && plainMessage(message),
  user: user && { id: user.id, name: user.name, image: user.image, online: user.online },
  member: member && { user_id: member.user_id ?? member.user?.id },
});

// Whether every field that is wanted is there; `text` is the message's.
const fitting = (types, { text, ...fields }) => (event) =>
  types.includes(event.type) &&
  (text === undefined || event.message?.text === text) &&
  Object.entries(fields).every(([name, value]) => event[name] === value);

const calls = {
  async connect(client, { user, token }) {
    const source = token ?? (() => client.askForToken(user.id));
    const first = await client.chat.connectUser(user, source);
    return { connection_id: first.connection_id, me: first.me };
  },

  async disconnect(client) {
    await client.chat.disconnectUser();
    clients.delete(client.name);
  },

  async watch(client, { cid, presence }) {
    const channel = client.channel(cid);
    await channel.watch({ presence: presence ?? false });
    return plainChannel(channel);
  },

  async create_channel(client, { type, id, members }) {
    const channel = client.chat.channel(type, id ?? undefined, { members });
    await channel.create();
    return plainChannel(channel);
  },

  async add_members(client, { cid, members }) {
    await client.channel(cid).addMembers(members);
  },

  async remove_members(client, { cid, members }) {
    await client.channel(cid).removeMembers(members);
  },

  async delete_channel(client, { cid }) {
    await client.channel(cid).delete();
  },

  async truncate(client, { cid }) {
    await client.channel(cid).truncate();
  },

  async send(client, { cid, text }) {
    const { message } = await client.channel(cid).sendMessage({ text });
    return plainMessage(message);
  },

  async edit(client, { message_id: id, text }) {
    const { message } = await client.chat.updateMessage({ id, text });
    return plainMessage(message);
  },

  async delete_message(client, { message_id: id, hard }) {
    const { message } = await client.chat.deleteMessage(id, hard ?? false);
    return plainMessage(message);
  },

  async react(client, { cid, message_id: id, type }) {
    const { reaction } = await client.channel(cid).sendReaction(id, { type });
    return { type: reaction.type, message_id: reaction.message_id };
  },

  async upload(client, { cid, name, content }) {
    const { file } = await client.channel(cid).sendFile(Buffer.from(content), name, 'text/plain');
    return { url: file };
  },

  async mark_read(client, { cid }) {
    await client.channel(cid).markRead();
    return plainChannel(client.channel(cid));
  },

  async typing(client, { cid }) {
    await client.channel(cid).keystroke();
  },

  async members(client, { cid }) {
    const { members } = await client.channel(cid).queryMembers({});
    return members.map(({ user_id: id }) => id);
  },

  async query_channels(client, { filter, limit }) {
    const found = await client.chat.queryChannels(filter, [{ last_message_at: -1 }], {
      watch: true,
      limit: limit ?? 10,
    });
    return found.map(plainChannel);
  },

  async query_users(client, { filter }) {
    const { users } = await client.chat.queryUsers(filter);
    return users.map(({ id, name, image }) => ({ id, name, image }));
  },

  async update_self(client, { fields }) {
    const { users } = await client.chat.upsertUser({ id: client.chat.userID, ...fields });
    return users[client.chat.userID];
  },

  async set_self(client, { set, unset }) {
    const { users } = await client.chat.partialUpdateUser({
      id: client.chat.userID,
      set: set ?? {},
      unset: unset ?? [],
    });
    return users[client.chat.userID];
  },

  async add_device(client, { token }) {
    await client.chat.addDevice(token, 'firebase');
  },

  // Any method of the SDK's client, or of one of its channels.
  async sdk(client, { method, args, cid }) {
    const target = cid ? client.channel(cid) : client.chat;
    return target[method](...(args ?? []));
  },

  // What the SDK keeps of its own user.
  async own_user(client) {
    const { mutes, channel_mutes: muted, blocked_user_ids: blocked } = client.chat.user;
    return {
      mutes: mutes.map(({ target }) => target.id),
      muted_users: client.chat.mutedUsers.map(({ target }) => target.id),
      channel_mutes: muted.map(({ channel }) => channel.cid),
      blocked,
    };
  },

  async app_settings(client) {
    return client.chat.getAppSettings();
  },

  async get(client, { path }) {
    return client.chat.get(client.chat.baseURL + path);
  },

  async ping(client) {
    client.chat.wsConnection.ws.send(JSON.stringify([{ type: 'health.check' }]));
  },

  async wait_for_event(client, { types, fields, timeout_ms: milliseconds }) {
    const wanted = types.join(' or ');
    const fits = fitting(types, fields ?? {});
    return plainEvent(await client.nextEvent(fits, milliseconds, wanted));
  },

  async events(client) {
    return client.events.map(plainEvent);
  },
};

// The SDK rejects with errors of HTTP, with plain objects, and for the WebSocket with errors
// whose message is JSON.
const described = (error) => {
  let told = { ...error, message: error.message ?? String(error) };
  try {
    told = { ...told, ...JSON.parse(told.message) };
  } catch {
    // An ordinary message.
  }
  return {
    code: Number(told.code) || null,
    status: Number(told.status ?? told.StatusCode) || null,
    message: told.message,
  };
};

const named = (name, call, args) => {
  if (call === 'connect' && !clients.has(name)) clients.set(name, new Client(name, args));
  const client = clients.get(name);
  if (!client) throw new Error(`${name} is not connected`);
  return client;
};

const run = async ({ id, client, call, args }) => {
  try {
    const ok = await calls[call](named(client, call, args ?? {}), args ?? {});
    write({ id, ok: ok ?? null });
  } catch (error) {
    if (call === 'connect') clients.delete(client);
    write({ id, error: described(error) });
  }
};

const take = ({ answer, token, error }) => {
  const { resolve, reject } = asked.get(answer);
  asked.delete(answer);
  if (error === undefined) resolve(token);
  else reject(new Error(error));
};

const lines = createInterface({ input: process.stdin });
lines.on('line', (text) => {
  const line = JSON.parse(text);
  if (line.answer === undefined) run(line);
  else take(line);
});
// The parent is gone, or done.
lines.on('close', () => process.exit(0));
// The SDK reports on the console; standard output is ours alone.
console.log = console.info = console.warn = console.error;
