'use strict';
// Runs in every Node process of the jsii kernel before anything else.
const { existsSync } = require('fs');
const Module = require('module');

// Every prebuilt provider of cdktf ships lib/lazy-index.js (a getter per resource) beside lib/index.js (which requires
// all of them, 208 MB of JavaScript for AWS). Its package.json names index.js alone: load the other one instead.
const EAGER = /[\\/]@cdkt[fn][\\/]provider-[^\\/]+[\\/]lib[\\/]index\.js$/;
const resolveFilename = Module._resolveFilename;

Module._resolveFilename = function (...request) {
  const file = resolveFilename.apply(this, request);
  if (typeof file === 'string' && EAGER.test(file)) {
    const lazy = file.replace(/index\.js$/, 'lazy-index.js');
    if (existsSync(lazy)) return lazy;
  }
  return file;
};

// What cdktf calls that Node has deprecated is not for the user of this program to mend.
process.noDeprecation = true;

// Ctrl-C reaches the kernel as well, but jsii ends it in its own way: dying of the signal, it would leave a message.
process.on('SIGINT', () => {});
