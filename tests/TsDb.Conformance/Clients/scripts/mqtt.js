// mqtt: node mqtt.js URL DATABASE
import mqtt from 'mqtt';

const [url, database] = process.argv.slice(2);
const told = {};
for (const protocolVersion of [4, 5]) {
  const client = await mqtt.connectAsync(url, {
    protocolVersion, clientId: `conformance-${protocolVersion}`, reconnectPeriod: 0,
  });
  for (const qos of [0, 1, 2]) {
    for (let n = 0; n < 10; n++) {
      const line = `mq,v=${protocolVersion},qos=${qos} n=${n}i ${1700000000 + n}`;
      await client.publishAsync(`tsdb/write/${database}/s`, line, { qos });
    }
  }
  await client.publishAsync('sensors/weather/roof', '{"temperature": 21.5, "time": 1700000000}', { qos: 1 });
  await client.endAsync();
  told[protocolVersion] = 'published';
}
console.log(JSON.stringify(told));
