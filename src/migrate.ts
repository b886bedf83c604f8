import { migrateDatabase } from './app/parts.ts';
import { createLogger } from './logger.ts';
import { readDatabaseConfig, readEnvironment, ConfigError } from './config.ts';

/* `npm run migrate` brings the schema to the newest, `npm run migrate:revert` takes one step back. Only the database's variables are needed. */
const log = createLogger({ level: 'info' });
try {
  const done = await migrateDatabase(
    readDatabaseConfig(readEnvironment()),
    process.argv[2] === 'revert' ? 'down' : 'up',
  );
  log.info({ migrations: done }, done.length > 0 ? 'the database schema was changed' : 'there was nothing to do');
} catch (error) {
  if (error instanceof ConfigError) process.stderr.write(`The configuration cannot be used:\n${error.message}\n`);
  else log.fatal({ err: error }, 'the database schema could not be changed');
  process.exitCode = 1;
}
