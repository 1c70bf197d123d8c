export * from './accounts.js';
export * from './base.js';
export * from './inbox.js';
export * from './service.js';
