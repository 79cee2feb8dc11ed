// influx: node v1.js HOST PORT DATABASE
import { InfluxDB, FieldType, escape } from 'influx';

const [host, port, database] = process.argv.slice(2);
const client = new InfluxDB({ host, port: Number(port), database, username: 'u', password: 'p' });
const told = {};

const [ping] = await client.ping(5000);
told.online = ping.online;
told.version = ping.version;
await client.createDatabase(database);
told.names = await client.getDatabaseNames();

const typed = new InfluxDB({
  host, port: Number(port), database,
  schema: [{
    measurement: 'room', tags: ['where at'],
    fields: { f: FieldType.FLOAT, i: FieldType.INTEGER, b: FieldType.BOOLEAN, 's s': FieldType.STRING },
  }],
});
const points = [];
for (let n = 0; n < 1000; n++) {
  points.push({
    measurement: 'room', tags: { 'where at': `a,b=${n % 10}` },
    fields: { f: n + 0.25, i: n, b: n % 2 === 0, 's s': 'say "hi" \\ ä' },
    timestamp: new Date(1700000000000 + n),
  });
}
await typed.writePoints(points, { precision: 'ms' });
told.measurements = await client.getMeasurements(database);

try {
  await client.writePoints([{ measurement: 'room', fields: { f: 'text' } }]);
  told.conflict = 'none';
} catch (error) {
  told.conflict = error.message;
}
try {
  await client.query('SELECT * FROM nothing');
  told.select = 'none';
} catch (error) {
  told.select = error.message;
}
told.quoted = escape.quoted('x');
console.log(JSON.stringify(told));
