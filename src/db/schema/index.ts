export * from './accounts.js';
export * from './agenda.js';
export * from './base.js';
export * from './billing.js';
export * from './inbox.js';
export * from './messages.js';
export * from './service.js';
