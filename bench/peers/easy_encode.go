package peers

import (
	"github.com/VictoriaMetrics/easyproto"
)

func (m *easyPayload) encode(w *easyproto.MessageMarshaler) {
	w.AppendInt32(1, m.typ)
	m.eto.encode(w.AppendMessage(2))
	switch {
	case m.has&(1<<4) != 0:
		m.create.encode(w.AppendMessage(4))
	case m.has&(1<<6) != 0:
		m.accepted.encode(w.AppendMessage(6))
	case m.has&(1<<7) != 0:
		m.executed.encode(w.AppendMessage(7))
	case m.has&(1<<14) != 0:
		m.quotes.encode(w.AppendMessage(14))
	}
}

func (m *easyEto) encode(w *easyproto.MessageMarshaler) {
	if m.has&(1<<1) != 0 {
		w.AppendUint64(1, m.seq)
	}
	if m.has&(1<<2) != 0 {
		w.AppendInt32(2, m.typ)
	}
	if m.has&(1<<3) != 0 {
		w.AppendBool(3, m.isReplay)
	}
}

func (m *easyCreate) encode(w *easyproto.MessageMarshaler) {
	if m.has&(1<<4) != 0 {
		w.AppendInt32(4, m.side)
	}
	if m.has&(1<<6) != 0 {
		w.AppendUint64(6, m.quantity)
	}
	if m.has&(1<<8) != 0 {
		w.AppendUint32(8, m.price)
	}
	if m.has&(1<<10) != 0 {
		w.AppendInt32(10, m.tif)
	}
	if m.has&(1<<11) != 0 {
		w.AppendUint64(11, m.reference)
	}
	if m.has&(1<<12) != 0 {
		w.AppendUint32(12, m.marketID)
	}
	if m.has&(1<<13) != 0 {
		w.AppendUint32(13, m.contractID)
	}
	if m.has&(1<<14) != 0 {
		w.AppendString(14, m.label)
	}
}

func (m *easyAccepted) encode(w *easyproto.MessageMarshaler) {
	if m.has&(1<<1) != 0 {
		w.AppendUint64(1, m.seq)
	}
	if m.has&(1<<4) != 0 {
		w.AppendUint64(4, m.reference)
	}
	if m.has&(1<<5) != 0 {
		w.AppendUint32(5, m.price)
	}
	if m.has&(1<<6) != 0 {
		w.AppendUint64(6, m.quantity)
	}
	if m.has&(1<<7) != 0 {
		w.AppendUint64(7, m.orderID)
	}
	if m.has&(1<<8) != 0 {
		w.AppendUint64(8, m.accountSequence64)
	}
	if m.has&(1<<9) != 0 {
		w.AppendDouble(9, m.availableBalance)
	}
	if m.has&(1<<10) != 0 {
		w.AppendDouble(10, m.exposure)
	}
	if m.has&(1<<11) != 0 {
		w.AppendUint32(11, m.contractID)
	}
	if m.has&(1<<12) != 0 {
		w.AppendInt32(12, m.side)
	}
	if m.has&(1<<13) != 0 {
		w.AppendUint32(13, m.marketID)
	}
}

func (m *easyExecuted) encode(w *easyproto.MessageMarshaler) {
	if m.has&(1<<2) != 0 {
		w.AppendUint32(2, m.price)
	}
	if m.has&(1<<3) != 0 {
		w.AppendInt32(3, m.quantityType)
	}
	if m.has&(1<<4) != 0 {
		w.AppendUint64(4, m.quantity)
	}
	if m.has&(1<<6) != 0 {
		w.AppendUint32(6, m.pendingTimeout)
	}
	if m.has&(1<<7) != 0 {
		w.AppendUint64(7, m.orderID)
	}
	if m.has&(1<<8) != 0 {
		w.AppendInt32(8, m.side)
	}
	if m.has&(1<<9) != 0 {
		w.AppendUint32(9, m.marketID)
	}
	if m.has&(1<<10) != 0 {
		w.AppendUint32(10, m.contractID)
	}
	if m.has&(1<<11) != 0 {
		w.AppendUint64(11, m.accountSequence64)
	}
	if m.has&(1<<12) != 0 {
		w.AppendUint64(12, m.totalExecutedQuantity)
	}
	if m.has&(1<<13) != 0 {
		w.AppendUint32(13, m.executedAvgPrice)
	}
	if m.has&(1<<14) != 0 {
		w.AppendUint64(14, m.availableQuantity)
	}
	if m.has&(1<<15) != 0 {
		w.AppendUint32(15, m.origPrice)
	}
	if m.has&(1<<16) != 0 {
		w.AppendDouble(16, m.availableBalance)
	}
	if m.has&(1<<17) != 0 {
		w.AppendDouble(17, m.exposure)
	}
	if m.has&(1<<18) != 0 {
		w.AppendString(18, m.label)
	}
}

func (m *easyQuotes) encode(w *easyproto.MessageMarshaler) {
	for i := range m.bids {
		m.bids[i].encode(w.AppendMessage(3))
	}
	for i := range m.offers {
		m.offers[i].encode(w.AppendMessage(4))
	}
	if m.has&(1<<9) != 0 {
		w.AppendUint32(9, m.marketID)
	}
	if m.has&(1<<10) != 0 {
		w.AppendUint32(10, m.contractID)
	}
}

func (m *easyQuote) encode(w *easyproto.MessageMarshaler) {
	if m.has&(1<<1) != 0 {
		w.AppendUint32(1, m.price)
	}
	if m.has&(1<<2) != 0 {
		w.AppendUint64(2, m.quantity)
	}
}
