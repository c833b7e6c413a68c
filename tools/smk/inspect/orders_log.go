package inspect

import (
	"bytes"
	"regexp"
	"strconv"
)

// What the engine's log says of orders: the reference, and what became of the order. Doubts end without a message by
// time, or by the bot's word.
var (
	logNotSent = regexp.MustCompile(`msg="message without an answer".* reference=([0-9]+) ` +
		`fate="(not sent|not delivered)"`)
	logNotPlaced = regexp.MustCompile(`msg="doubt resolved, reference ([0-9]+), [^"]*(not placed), `)
	logResolved  = regexp.MustCompile(`msg="doubt resolved, order ([0-9]+), [^"]*(cancelled|not placed), ` +
		`of PAYLOAD_ORDER_CREATE`)
)

// log follows a line of the engine's log.
func (o *orders) log(e *Entry) {
	if bytes.Contains(e.Payload, []byte(`msg="session disconnected"`)) {
		o.doubt(e, "in doubt: the connection ended")
		return
	}
	if bytes.Contains(e.Payload, []byte(`msg="account sequence reset"`)) {
		clear(o.seen) // the exchange numbers anew
		for _, l := range o.all {
			l.filledAt, l.newest = 0, 0
		}
		o.lost(e, "the exchange numbers anew: messages may be lost")
		return
	}
	if bytes.Contains(e.Payload, []byte(`msg="account messages lost"`)) {
		o.lost(e, "messages are lost")
		return
	}
	for _, text := range []*regexp.Regexp{logNotSent, logNotPlaced} {
		m := text.FindSubmatch(e.Payload)
		if m == nil {
			continue
		}
		reference, _ := strconv.ParseUint(string(m[1]), 10, 64)
		if l := o.byReference[reference]; l != nil && l.State == stateInDoubt {
			l.State, l.InDoubt = string(m[2]), text == logNotPlaced
			l.event(e, l.State)
		}
	}
	if m := logResolved.FindSubmatch(e.Payload); m != nil {
		id, _ := strconv.ParseUint(string(m[1]), 10, 64)
		if l := o.byID[id]; l != nil && !l.ended() {
			l.event(e, "taken to have ended")
			l.end(stateCancelled)
		}
	}
}

// lost says of each order that has not ended that what follows may be without something about it.
func (o *orders) lost(e *Entry, what string) {
	for _, l := range o.all {
		switch {
		case l.ended(), l.State == "not sent", l.State == "not placed", l.State == "not delivered":
		default:
			l.event(e, what)
			l.Uncertain = !l.awaited
		}
	}
}

// doubt puts what has no answer in doubt.
func (o *orders) doubt(e *Entry, what string) {
	for _, l := range o.all {
		if l.awaited {
			l.awaited, l.InDoubt, l.State = false, true, stateInDoubt
			l.event(e, what)
		}
	}
}
