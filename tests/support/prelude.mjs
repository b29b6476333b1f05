// What a phone has, for the snippets of the pages for app developers, which tests/support/snippets.py runs:
//
//   baseUrl               the address of the API
//   storage               where the app keeps tokens; empty
//   phone, friendPhone    two unused numbers in E.164
//   askForCode(challenge) the six digits that came by text or mail, as the user types them
//   cropped()             an image that the user chose, cropped to a square
//   show(text)            shows a text to the user
//   ask(question)         asks the user, who agrees
//
// Snippets import the client from 'ru4m-client' and Stream's SDK from 'stream-chat'.

import { memoryStorage } from 'ru4m-client';

const given = JSON.parse(/** @type {any} */ (globalThis).process.env.GIVEN);
/** @type {{ baseUrl: string, phone: string, friendPhone: string }} */
export const { baseUrl, phone, friendPhone } = given;
export const storage = memoryStorage();

/** @returns {Promise<Blob>} a PNG of one pixel */
export const cropped = async () => {
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  return new Blob([Uint8Array.from(atob(png), (one) => one.charCodeAt(0))], { type: 'image/png' });
};

/** @param {unknown} text */
export const show = (text) => console.log(text);

/** @param {string} question @returns {Promise<boolean>} */
export const ask = async (question) => {
  show(question);
  return true;
};

/** @param {{ channel: string }} challenge @returns {Promise<string>} */
export const askForCode = async ({ channel }) => {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    const newest = (await messages(channel)).find(({ at, code }) => code && at > typedAt);
    if (newest) {
      typedAt = newest.at;
      return newest.code;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`no code came by ${channel}`);
};
let typedAt = Date.now() / 1000;

/** Texts to both numbers, or all mails, newest first. @param {string} channel */
const messages = async (channel) => {
  const path = channel === 'email' ? 'ses/messages' : 'sns/sms-messages';
  const found = await (await fetch(`${given.aws}/_ministack/${path}`)).json();
  const sent = found.messages
    ? Object.values(found.messages).flat()
    : [phone, friendPhone].flatMap((number) => found.sms_messages[number] ?? []);
  return sent
    .map((one) => ({ at: one.Timestamp, code: (one.Message ?? one.BodyText).match(/\b\d{6}\b/)?.[0] }))
    .sort((one, other) => other.at - one.at);
};
