package risk

import "time"

// messageTokens is what one message takes from a bucket: what comes in in a nanosecond is the rate.
const messageTokens = uint64(time.Second)

// bucket bounds the rate of messages. The relations of RateMax keep every product within 64 bits.
type bucket struct {
	rate   uint64 // messages a second, 0 if there is no bound
	full   uint64
	whole  uint64 // nanoseconds in which an empty bucket is full
	tokens uint64
	filled int64 // clock reading of the last filling
	begun  bool
}

const _ = uint64(1<<63 - 1 - 2*RateMax*messageTokens - RateMax) // full, and what one filling adds, fit

func (b *bucket) init(rate, burst int) {
	*b = bucket{rate: uint64(rate), full: uint64(burst) * messageTokens}
	b.tokens = b.full
	if b.rate > 0 {
		b.whole = (b.full + b.rate - 1) / b.rate
	}
}

// fill adds what has come in since the last filling.
func (b *bucket) fill(now int64) {
	if !b.begun {
		b.filled, b.begun = now, true
	}
	if now <= b.filled {
		return
	}
	elapsed := uint64(now) - uint64(b.filled)
	b.filled = now
	if elapsed >= b.whole {
		b.tokens = b.full
		return
	}
	b.tokens = min(b.tokens+elapsed*b.rate, b.full)
}

// wait returns how many nanoseconds after the last filling there is a token for a message, which there is not yet.
func (b *bucket) wait() int64 {
	return int64((messageTokens - b.tokens + b.rate - 1) / b.rate)
}

// take uses up what one message takes, as far as there is as much.
func (b *bucket) take(now int64) {
	b.fill(now)
	b.tokens -= min(b.tokens, messageTokens)
}
