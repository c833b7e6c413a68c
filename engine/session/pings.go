package session

// pings are the pings that wait for their pongs, which come in the same order.
type pings struct {
	sent  [PingsMax]ping
	first int
	n     int
}

// ping is one that was sent.
type ping struct {
	seq uint64
	at  int64 // clock reading
}

// full reports whether no more may be sent.
func (p *pings) full() bool { return p.n == PingsMax }

// add notes one that is sent. The caller has checked that there is room.
func (p *pings) add(seq uint64, now int64) {
	p.sent[(p.first+p.n)%PingsMax] = ping{seq, now}
	p.n++
}

// drop forgets the newest, which was not sent after all.
func (p *pings) drop() { p.n-- }

// take returns the oldest, which a pong answers, and reports false if there is none.
func (p *pings) take() (answered ping, ok bool) {
	if p.n == 0 {
		return ping{}, false
	}
	answered = p.sent[p.first]
	p.first = (p.first + 1) % PingsMax
	p.n--
	return answered, true
}
