// As for `node:http` beside this file: an `import` loads WebCrypto with it, 6 ms instead of 1.
module.exports = process.getBuiltinModule('node:crypto');
