// @influxdata/influxdb-client: node v2.js URL BUCKET
import { InfluxDB, Point } from '@influxdata/influxdb-client';

const [url, bucket] = process.argv.slice(2);
const client = new InfluxDB({ url, token: 'my-token' });
const failures = [];
const options = (batchSize) => ({
  batchSize, maxRetries: 0, gzipThreshold: 1000,
  writeFailed: (error) => { failures.push({ status: error.statusCode, code: error.code, text: error.message }); },
});

const write = client.getWriteApi('my-org', bucket, 'ns', options(500));
for (let n = 0; n < 1000; n++) {
  write.writePoint(new Point('room one')
    .tag('where', `a,b=${n % 10}`).tag('kind', 'ä "q"')
    .floatField('f', n + 0.25).intField('i', -n).uintField('u', n).booleanField('b', n % 2 === 0)
    .stringField('s', 'say "hi" \\ and\nmore').timestamp(String(1700000000000000000n + BigInt(n))));
}
await write.close();
const written = failures.length;

for (const precision of ['us', 'ms', 's']) {
  const other = client.getWriteApi('my-org', bucket, precision, options(10));
  other.writePoint(new Point('precisions').tag('p', precision).intField('v', 1).timestamp(1700000000));
  await other.close();
}
const refused = client.getWriteApi('my-org', bucket, 'ns', options(10));
refused.writeRecord('good v=1 1');
refused.writeRecord('bad v=');
await refused.flush().catch(() => {});
refused.writeRecord('precisions,p=us v="text" 1');
await refused.flush().catch(() => {});
await refused.close();

let flux = 'none';
try {
  await client.getQueryApi('my-org').collectRows('from(bucket: "b")');
} catch (error) {
  flux = error.message;
}
console.log(JSON.stringify({ written, failures, flux }));
process.exit(0);
