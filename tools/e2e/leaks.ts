import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { admin, SECRETS } from './clients.ts';
import type { System } from './system.ts';

const WINDOW = 20;

/** Beginnings of every form that a secret could stand somewhere in: as it is, its random part, base64, hex, in a URL. */
const formsOf = (secret: string): string[] => [
  secret,
  ...(/^gl[acr]_/.test(secret) ? [secret.slice(secret.indexOf('.') + 1, -6)] : []),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
  Buffer.from(secret).toString('hex'),
  encodeURIComponent(secret),
];

/** Where any of the secrets was found; each place once. Tells how many were looked for, in how much. */
export const findLeaks = async (system: System): Promise<{ places: string[]; secrets: number; bytes: number }> => {
  const needles = new Map<string, string>();
  for (const secret of SECRETS)
    for (const form of formsOf(secret)) if (form.length >= WINDOW) needles.set(form.slice(0, WINDOW), form);
  for (const secret of [system.adminPassword])
    for (const form of formsOf(secret)) needles.set(form.slice(0, WINDOW), form);
  const places = new Set<string>();
  let bytes = 0;
  const look = (name: string, text: string): void => {
    bytes += text.length;
    for (const { 0: run, index } of text.matchAll(/[A-Za-z0-9+/_=%.-]{20,}/g))
      for (let i = 0; i + WINDOW <= run.length; i += 1) {
        const form = needles.get(run.slice(i, i + WINDOW));
        if (form !== undefined && text.startsWith(form, index + i)) places.add(name);
      }
  };
  look('log', system.log());
  for (const { app, managementPort } of system.processes()) {
    const metrics = await fetch(`http://127.0.0.1:${managementPort}/metrics`);
    look(`metrics of ${app}`, await metrics.text());
  }
  for (let after = '0'; ;) {
    const { status, json, text } = await admin(system)('GET', `events/?limit=1000&after=${after}`);
    if (status !== 200) throw new Error(`The events cannot be read: ${status} ${text}`);
    look('events', text);
    if ((json['results'] as unknown[]).length === 0) break;
    after = json['next'] as string;
  }
  look('refusals', (await admin(system)('GET', 'refusals/?limit=1000')).text);
  const mongodb = system.engines()['mongodb']?.address;
  if (mongodb !== undefined) await lookInMongodb(mongodb, look);
  // Last: nothing else runs meanwhile, and idle connections are closed by the other side without being noticed here.
  for (const file of filesBelow(system.dataFolder)) look(file, readFileSync(file, 'latin1'));
  return { places: [...places], secrets: SECRETS.size, bytes };
};

const lookInMongodb = async (address: string, look: (name: string, text: string) => void): Promise<void> => {
  const connection = await mongoose.createConnection(address).asPromise();
  for (const name of ['applications', 'accounts', 'tokens', 'journal', 'read_models']) {
    const { db } = connection.useDb(`grantlog_${name}`);
    for (const { name: collection } of (await db?.listCollections().toArray()) ?? []) {
      const documents = await db?.collection(collection).find({}).toArray();
      look(`${name}.${collection}`, JSON.stringify(documents));
    }
  }
  await connection.close();
};

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile() && !/installation-key|admin-password|certificates/.test(file));
