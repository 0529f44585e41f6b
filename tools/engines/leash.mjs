// Runs an engine that dies with whoever started it: the channel closes when the starter is gone, however it went.
import { spawn } from 'node:child_process';

const [, , program, ...args] = process.argv;
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
const end = () => {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), 5000).unref();
};
process.on('disconnect', end);
process.on('SIGTERM', end);
process.on('message', (message) => {
  if (message === 'pid') process.send?.({ pid: child.pid });
});
child.on('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
