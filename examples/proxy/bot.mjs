// A bot for smk proxy with nothing but Node's standard library (18 and later).
//
//     node bot.mjs http://127.0.0.1:8701 TOKEN MARKET CONTRACT
//
// It does what bot.py does. Node 22 and later have a WebSocket client as well: new WebSocket(base + '/v1/ws'), whose
// first message is {"type": "login", "token": TOKEN}.

const [base, token, market, contract] = process.argv.slice(2)
const headers = { Authorization: `Bearer ${token}` }

// command sends a command and returns its result; an error of the proxy is one of ours.
async function command(members) {
  const answer = await fetch(`${base}/v1/commands`, { method: 'POST', headers, body: JSON.stringify(members) })
  const { result } = await answer.json()
  if (!result.ok) throw new Error(result.error.text)
  return result
}

// messages yields messages as they come. after is the last account sequence that was handled before.
async function* messages(markets, after) {
  const query = new URLSearchParams(markets.map((m) => ['market', m]))
  if (after) query.set('after', after)
  const answer = await fetch(`${base}/v1/stream?${query}`, { headers })
  if (!answer.ok) throw new Error((await answer.json()).result.error.text)
  let text = ''
  for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
    text += part
    const lines = text.split('\n')
    text = lines.pop()
    for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6))
  }
}

let reference
for await (const { type, book, order: report } of messages([market])) {
  if (type === 'book') {
    if (reference || book.contract !== Number(contract) || book.state !== 'live' || !book.bids.length) continue
    reference = '1'
    await command({
      type: 'create', market: Number(market), contract: Number(contract), side: 'buy',
      price: book.bids[0].price - 100, quantity: 10_000, reference, label: 'node',
    })
  } else if (type === 'order' && report.order?.label === 'node') {
    console.log(report.event, report.order.state)
    if (report.event === 'accepted') await command({ type: 'cancel', order: report.order.id, reference: '2' })
    if (['ended', 'refused', 'not_placed'].includes(report.order.state)) process.exit(0)
  }
}
throw new Error('the stream has ended before the order, which may be live: open it again with after')
