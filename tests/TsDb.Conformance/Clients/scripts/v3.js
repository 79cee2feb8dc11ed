// @influxdata/influxdb3-client: node v3.js URL DATABASE
import { InfluxDBClient, Point } from '@influxdata/influxdb3-client';

const [host, database] = process.argv.slice(2);
const client = new InfluxDBClient({ host, token: 'my-token', database });
const told = { version: await client.getServerVersion() };

const points = [];
for (let n = 0; n < 1000; n++) {
  points.push(Point.measurement('room').setTag('where', `a,b=${n % 10}`).setFloatField('f', n + 0.25)
    .setIntegerField('i', n).setUintegerField('u', n).setBooleanField('b', n % 2 === 0)
    .setStringField('s', 'say "hi" \\ ä').setTimestamp(new Date(1700000000000 + n)));
}
await client.write(points, database);
await client.write('room,where=x f=1 1700000001', database, undefined, { precision: 's', noSync: true });
await client.write('room,where=y f=2 1700000002', database, undefined, { precision: 's', gzipThreshold: 0 });
for (const noSync of [false, true]) {
  try {
    await client.write('room f=1 1\nroom f=oops 2', database, undefined, { noSync });
    told[`refused_${noSync}`] = 'none';
  } catch (error) {
    told[`refused_${noSync}`] = `${error.statusCode} ${error.message}`;
  }
}

told.rows = [];
for await (const row of client.query('SELECT "where", count(*) AS n, sum(f) AS f FROM room GROUP BY 1 ORDER BY 1'))
  told.rows.push({ where: row.where, n: Number(row.n), f: row.f });
try {
  for await (const row of client.query('SELECT * FROM nowhere')) told.nowhere = String(row);
  told.nowhere ??= 'empty';
} catch (error) {
  told.nowhere = error.message;
}
await client.close();
console.log(JSON.stringify(told));
