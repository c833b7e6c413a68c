package book

import "github.com/smk-go/smk/gen/msg"

// Apply applies a message of the exchange at a clock reading, if it is one about books: market_quotes,
// contract_quotes or market_state. Any other changes nothing. Errors are those of [Books.ApplySnapshot],
// [Books.ApplyUpdate] and [Books.ApplyState].
func (b *Books) Apply(p *msg.Payload, now int64) error {
	switch p.GetType() {
	case msg.PayloadContractQuotes:
		_, err := b.ApplyUpdate(p.GetContractQuotes(), now)
		return err
	case msg.PayloadMarketQuotes:
		return b.ApplySnapshot(p.GetMarketQuotes(), now)
	case msg.PayloadMarketState:
		return b.ApplyState(p.GetMarketState(), now)
	}
	b.events = b.events[:0]
	return nil
}
