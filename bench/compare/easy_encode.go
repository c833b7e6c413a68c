package compare

import (
	"github.com/VictoriaMetrics/easyproto"
)

func (m *easyPayload) encode(w *easyproto.MessageMarshaler) {
	w.AppendInt32(1, m.typ)
	m.eto.encode(w.AppendMessage(2))
	switch {
	case m.has&(1<<4) != 0:
		m.create.encode(w.AppendMessage(4))
	case m.has&(1<<8) != 0:
		m.cancel.encode(w.AppendMessage(8))
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

func (m *easyCancel) encode(w *easyproto.MessageMarshaler) {
	if m.has&(1<<2) != 0 {
		w.AppendUint64(2, m.reference)
	}
	if m.has&(1<<3) != 0 {
		w.AppendUint64(3, m.orderID)
	}
}
