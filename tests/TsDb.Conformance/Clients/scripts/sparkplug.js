// sparkplug-client: node sparkplug.js URL GROUP
import sparkplug from 'sparkplug-client';

const [serverUrl, groupId] = process.argv.slice(2);
const client = sparkplug.newClient({
  serverUrl, groupId, edgeNode: 'N1', clientId: `spark-${groupId}`, username: 'u', password: 'p', publishDeath: false,
});
const start = 1700000000000;
const told = { births: 0, rebirths: 0 };

const birth = () => {
  told.births++;
  client.publishNodeBirth({
    timestamp: start,
    metrics: [
      { name: 'Node Control/Rebirth', type: 'Boolean', value: false },
      { name: 'Level', alias: 1, type: 'Double', value: 1.5 },
      { name: 'Count', alias: 2, type: 'Int32', value: -7 },
      { name: 'Big', alias: 3, type: 'UInt64', value: 42 },
      { name: 'Label', type: 'String', value: 'å' },
      { name: 'Small', type: 'Int8', value: -3 },
      { name: 'Ratio', type: 'Float', value: 0.5 },
    ],
  });
  client.publishDeviceBirth('D1', {
    timestamp: start, metrics: [{ name: 'Speed', alias: 9, type: 'Int64', value: 10 }],
  });
};
const data = (offset, value) => client.publishNodeData({
  timestamp: start + offset, metrics: [{ alias: 1, type: 'Double', value }],
});

client.on('birth', birth);
const rebirth = new Promise((resolve) => client.on('ncmd', (payload) => {
  if (!payload.metrics.some((m) => m.name === 'Node Control/Rebirth' && m.value === true)) return;
  told.rebirths++;
  resolve();
}));
await new Promise((resolve) => client.on('connect', resolve));
data(1000, 2.5);
client.publishDeviceData('D1', {
  timestamp: start + 1000,
  metrics: [{ alias: 9, timestamp: start + 500, type: 'Int64', value: 11, isHistorical: true }],
});
client.publishNodeData({ timestamp: start + 2000, metrics: [{ name: 'Count', type: 'Int32', isNull: true }] });
client.seq += 5;
data(3000, 3.5);
await rebirth;
birth();
data(4000, 4.5);
await new Promise((resolve) => client.client.publish('tsdb/write/default', '', { qos: 1 }, resolve));
// The connection breaks: the will is the node's death.
client.client.options.reconnectPeriod = 0;
client.client.stream.destroy();
console.log(JSON.stringify(told));
process.exit(0);
