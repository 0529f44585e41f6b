// Every command begins here. This file and those that import it parse on Node 12, so that an old Node gets a sentence
// instead of a SyntaxError.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Node 20.19 or later is needed; this is ${process.version}. Get it at https://nodejs.org or by your version manager, then start again.`,
  );
  process.exit(1);
}
