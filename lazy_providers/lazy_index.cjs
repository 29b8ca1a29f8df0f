'use strict';
// Every prebuilt provider of cdktf ships lib/lazy-index.js (a getter per resource) beside lib/index.js (which requires
// all of them, 208 MB of JavaScript for AWS). Its package.json names index.js alone: load the other one instead.
const { existsSync } = require('fs');
const Module = require('module');

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
