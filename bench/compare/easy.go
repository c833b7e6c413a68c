package compare

import (
	"errors"

	"github.com/VictoriaMetrics/easyproto"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
)

// easy is easyproto, which is for reading and writing by hand: into structs that are used again,
// with a bit of presence for each field, and no further than the feeds need.
func easy() Peer {
	return Peer{
		Name:   "easyproto",
		Module: "github.com/VictoriaMetrics/easyproto",
		Decode: func(feed fixture.Feed) (Loop, error) {
			m, payloads, mask := new(easyPayload), feed.Payloads, feed.Mask()
			return func(n int) error {
				for i := range n {
					if err := m.decode(payloads[i&mask]); err != nil {
						return err
					}
				}
				return nil
			}, nil
		},
		Encode: func(feed fixture.Feed) (Next, error) {
			messages := make([]easyPayload, len(feed.Payloads))
			for i, payload := range feed.Payloads {
				if err := messages[i].decode(payload); err != nil {
					return nil, err
				}
			}
			buf, k, mask := make([]byte, 1, longest(feed)), uint64(0), uint64(feed.Mask())
			var pool easyproto.MarshalerPool
			return func() ([]byte, error) {
				m := &messages[k&mask]
				m.eto.seq = fixture.FirstSeq + k
				m.create.reference = fixture.FirstReference + k
				m.cancel.reference = fixture.FirstReference + k
				k++
				w := pool.Get()
				m.encode(w.MessageMarshaler())
				// Its length is known afterwards. The feeds have no payload of 128 bytes.
				frame := w.Marshal(buf)
				frame[0] = byte(len(frame) - 1)
				pool.Put(w)
				return frame, nil
			}, nil
		},
		Standard: func(payload []byte) (*seto.Payload, error) {
			var m easyPayload
			if err := m.decode(payload); err != nil {
				return nil, err
			}
			return m.standard(), nil
		},
	}
}

var errEasy = errors.New("field with the wrong wire type")

// Messages by hand. Bit n of has is the presence of field n.
type (
	easyPayload struct {
		has      uint64
		typ      int32
		eto      easyEto
		create   easyCreate
		cancel   easyCancel
		accepted easyAccepted
		executed easyExecuted
		quotes   easyQuotes
	}
	easyEto struct {
		has      uint64
		seq      uint64
		typ      int32
		isReplay bool
	}
	easyCreate struct {
		has                  uint64
		side, tif            int32
		quantity, reference  uint64
		price                uint32
		marketID, contractID uint32
		label                string
	}
	easyCancel struct {
		has                uint64
		reference, orderID uint64
	}
	easyAccepted struct {
		has                         uint64
		seq, reference, quantity    uint64
		orderID, accountSequence64  uint64
		price, contractID, marketID uint32
		availableBalance, exposure  float64
		side                        int32
	}
	easyExecuted struct {
		has                                      uint64
		price, pendingTimeout                    uint32
		marketID, contractID                     uint32
		executedAvgPrice, origPrice              uint32
		quantityType, side                       int32
		quantity, orderID, accountSequence64     uint64
		totalExecutedQuantity, availableQuantity uint64
		availableBalance, exposure               float64
		label                                    string
	}
	easyQuotes struct {
		has                  uint64
		bids, offers         []easyQuote
		marketID, contractID uint32
	}
	easyQuote struct {
		has      uint64
		price    uint32
		quantity uint64
	}
)

// standard returns m as the standard type.
func (m *easyPayload) standard() *seto.Payload {
	p := &seto.Payload{Type: present(m.has, 1, seto.PayloadType(m.typ))}
	if m.has&(1<<2) != 0 {
		p.EtoPayload = &eto.Payload{
			Seq:      present(m.eto.has, 1, m.eto.seq),
			Type:     present(m.eto.has, 2, eto.PayloadType(m.eto.typ)),
			IsReplay: present(m.eto.has, 3, m.eto.isReplay),
		}
	}
	if m.has&(1<<4) != 0 {
		c := &m.create
		p.OrderCreate = &seto.OrderCreate{
			Side:       present(c.has, 4, seto.Side(c.side)),
			Quantity:   present(c.has, 6, c.quantity),
			Price:      present(c.has, 8, c.price),
			Tif:        present(c.has, 10, seto.TimeInForceType(c.tif)),
			Reference:  present(c.has, 11, c.reference),
			MarketId:   present(c.has, 12, c.marketID),
			ContractId: present(c.has, 13, c.contractID),
			Label:      present(c.has, 14, c.label),
		}
	}
	if m.has&(1<<6) != 0 {
		a := &m.accepted
		p.OrderAccepted = &seto.OrderAccepted{
			Seq:                present(a.has, 1, a.seq),
			Reference:          present(a.has, 4, a.reference),
			Price:              present(a.has, 5, a.price),
			Quantity:           present(a.has, 6, a.quantity),
			OrderId:            present(a.has, 7, a.orderID),
			AccountSequence_64: present(a.has, 8, a.accountSequence64),
			AvailableBalance:   present(a.has, 9, a.availableBalance),
			Exposure:           present(a.has, 10, a.exposure),
			ContractId:         present(a.has, 11, a.contractID),
			Side:               present(a.has, 12, seto.Side(a.side)),
			MarketId:           present(a.has, 13, a.marketID),
		}
	}
	if m.has&(1<<7) != 0 {
		e := &m.executed
		p.OrderExecuted = &seto.OrderExecuted{
			Price:                 present(e.has, 2, e.price),
			QuantityType:          present(e.has, 3, seto.QuantityType(e.quantityType)),
			Quantity:              present(e.has, 4, e.quantity),
			PendingTimeout:        present(e.has, 6, e.pendingTimeout),
			OrderId:               present(e.has, 7, e.orderID),
			Side:                  present(e.has, 8, seto.Side(e.side)),
			MarketId:              present(e.has, 9, e.marketID),
			ContractId:            present(e.has, 10, e.contractID),
			AccountSequence_64:    present(e.has, 11, e.accountSequence64),
			TotalExecutedQuantity: present(e.has, 12, e.totalExecutedQuantity),
			ExecutedAvgPrice:      present(e.has, 13, e.executedAvgPrice),
			AvailableQuantity:     present(e.has, 14, e.availableQuantity),
			OrigPrice:             present(e.has, 15, e.origPrice),
			AvailableBalance:      present(e.has, 16, e.availableBalance),
			Exposure:              present(e.has, 17, e.exposure),
			Label:                 present(e.has, 18, e.label),
		}
	}
	if m.has&(1<<8) != 0 {
		c := &m.cancel
		p.OrderCancel = &seto.OrderCancel{
			Reference: present(c.has, 2, c.reference),
			OrderId:   present(c.has, 3, c.orderID),
		}
	}
	if m.has&(1<<14) != 0 {
		q := &m.quotes
		p.ContractQuotes = &seto.ContractQuotes{
			MarketId:   present(q.has, 9, q.marketID),
			ContractId: present(q.has, 10, q.contractID),
			Bids:       standardQuotes(q.bids),
			Offers:     standardQuotes(q.offers),
		}
	}
	return p
}

func standardQuotes(from []easyQuote) (to []*seto.Quote) {
	for _, q := range from {
		to = append(to, &seto.Quote{Price: present(q.has, 1, q.price), Quantity: present(q.has, 2, q.quantity)})
	}
	return to
}

func present[T any](has uint64, number int, v T) *T {
	if has&(1<<number) == 0 {
		return nil
	}
	return &v
}
