// A message center over npm `smpp`, told by a test what to do. Speaks JSON, a line each way, on its control port:
// {"do": "plan", "steps": [...]}, "set", "report", "drop", "unbind", "raw", "deliver". See smsc.py.
'use strict';

const net = require('net');
const { performance } = require('perf_hooks');
const smpp = require('smpp');

const settings = { password: 'letmein', hexIds: false, tlvReceipts: false, deaf: false, perSecond: 0, refuseBinds: 0 };
const plan = [];
const sessions = [];
const submissions = [];
const answers = [];
const recent = [];
let binds = 0;
let enquiries = 0;
let unbinds = 0;
let nacks = 0;
let made = 0;

function answeredId(number) {
  return settings.hexIds ? number.toString(16).toUpperCase().padStart(8, '0') : String(number);
}

function receipt(number, state) {
  const id = settings.hexIds ? String(number) : answeredId(number);
  const text = `id:${id} sub:001 dlvrd:001 submit date:2611230300 done date:2611230300 stat:${state} err:000 text:x`;
  const unit = { esm_class: 4, source_addr: '84912345678', destination_addr: 'Forum', short_message: { message: text } };
  if (!settings.tlvReceipts) return unit;
  const message_state = { DELIVRD: 2, EXPIRED: 3, UNDELIV: 5 }[state];
  return { ...unit, short_message: '', receipted_message_id: answeredId(number), message_state };
}

function deliver(session, unit, then) {
  session.deliver_sm(unit, (response) => {
    answers.push(response.command_status);
    if (then) then();
  });
}

function throttled() {
  if (!settings.perSecond) return false;
  const now = performance.now();
  while (recent.length && recent[0] <= now - 1000) recent.shift();
  if (recent.length >= settings.perSecond) return true;
  recent.push(now);
  return false;
}

function submitted(session, pdu) {
  if (throttled()) return session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
  const step = plan.shift() || {};
  if (step.status) return session.send(pdu.response({ command_status: step.status }));
  if (step.nack) return session.generic_nack({ sequence_number: pdu.sequence_number, command_status: step.nack });
  if (step.drop === 'before') return session.socket.destroy();
  const number = ++made;
  submissions.push({
    number,
    id: answeredId(number),
    at: performance.now(),
    bind: session.number,
    to: pdu.destination_addr,
    from: pdu.source_addr,
    ton: pdu.source_addr_ton,
    coding: pdu.data_coding,
    esm: pdu.esm_class,
    validity: pdu.validity_period,
    registered: pdu.registered_delivery,
    text: pdu.short_message.message.toString(),
    udh: (pdu.short_message.udh || []).map((part) => Buffer.from(part).toString('hex')),
    parameters: Object.fromEntries(
      Object.entries(pdu).filter(([tag]) => /^\d+$/.test(tag)).map(([tag, value]) => [tag, value.toString('hex')]),
    ),
  });
  if (step.silent) return;
  const answer = () => {
    const response = pdu.response({ message_id: step.noId ? '' : answeredId(number) });
    if (step.drop !== 'half') return session.send(response);
    session.socket.write(response.toBuffer().subarray(0, 10), () => session.socket.destroy());
  };
  const state = 'receipt' in step ? step.receipt : 'DELIVRD';
  if (!pdu.registered_delivery || !state) return answer();
  const elsewhere = step.elsewhere && sessions.find((other) => other !== session && other.bound);
  if (step.early || elsewhere) return deliver(elsewhere || session, receipt(number, state), answer);
  answer();
  deliver(session, receipt(number, state));
}

const center = smpp.createServer((session) => {
  session.number = binds;
  sessions.push(session);
  session.on('bind_transceiver', (pdu) => {
    const wrong = pdu.password !== settings.password;
    if (wrong || settings.refuseBinds-- > 0) {
      const command_status = wrong ? smpp.ESME_RINVPASWD : smpp.ESME_RBINDFAIL;
      return session.send(pdu.response({ command_status }), undefined, () => session.close());
    }
    session.number = ++binds;
    session.bound = true;
    session.send(pdu.response({ system_id: 'center' }));
  });
  session.on('submit_sm', (pdu) => submitted(session, pdu));
  session.on('enquire_link', (pdu) => {
    enquiries += 1;
    if (!settings.deaf) session.send(pdu.response());
  });
  session.on('unbind', (pdu) => {
    unbinds += 1;
    session.bound = false;
    session.send(pdu.response(), undefined, () => session.close());
  });
  session.on('generic_nack', () => { nacks += 1; });
  session.on('error', () => session.destroy());
  session.on('close', () => {
    session.bound = false;
    sessions.splice(sessions.indexOf(session), 1);
  });
});

const COMMANDS = {
  plan: ({ steps }) => { plan.push(...steps); },
  set: ({ to }) => { Object.assign(settings, to); },
  report: () => ({
    submissions, answers, binds, enquiries, unbinds, nacks, bound: sessions.filter((session) => session.bound).length,
  }),
  drop: () => { [...sessions].forEach((session) => session.destroy()); },
  unbind: () => { sessions.forEach((session) => session.unbind()); },
  raw: ({ hex }) => { sessions.forEach((session) => session.socket.write(Buffer.from(hex, 'hex'))); },
  deliver: ({ unit }) => { deliver(sessions.find((session) => session.bound), unit); },
  receipt: ({ number, state }) => { deliver(sessions.find((session) => session.bound), receipt(number, state)); },
};

const control = net.createServer((socket) => {
  let buffered = '';
  socket.on('data', (data) => {
    buffered += data;
    const lines = buffered.split('\n');
    buffered = lines.pop();
    for (const line of lines) {
      const command = JSON.parse(line);
      socket.write(JSON.stringify(COMMANDS[command.do](command) || {}) + '\n');
    }
  });
  socket.on('error', () => {});
});

center.listen(0, '127.0.0.1', () => control.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ smpp: center.address().port, control: control.address().port }));
}));
process.stdin.on('end', () => process.exit()).resume(); // nobody is left to serve
