// An `import` of this module makes Node read each of its exports, and some of them load a browser's fetch and WebSocket
// when they are read: 35 ms on a machine where a bare Node starts in 40. Taken like this it is the module alone: 5 ms.
module.exports = process.getBuiltinModule('node:http');
