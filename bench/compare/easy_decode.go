package compare

import (
	"github.com/VictoriaMetrics/easyproto"
)

func (m *easyPayload) decode(b []byte) (err error) {
	m.has = 0
	var f easyproto.FieldContext
	for len(b) > 0 {
		if b, err = f.NextField(b); err != nil {
			return err
		}
		if f.FieldNum == 1 {
			var ok bool
			if m.typ, ok = f.Enum(); !ok {
				return errEasy
			}
			m.has |= 1 << 1
			continue
		}
		data, ok := f.MessageData()
		if !ok {
			return errEasy
		}
		switch f.FieldNum {
		case 2:
			err = m.eto.decode(data)
		case 4:
			err = m.create.decode(data)
		case 6:
			err = m.accepted.decode(data)
		case 7:
			err = m.executed.decode(data)
		case 8:
			err = m.cancel.decode(data)
		case 14:
			err = m.quotes.decode(data)
		default:
			continue
		}
		if err != nil {
			return err
		}
		m.has |= 1 << f.FieldNum
	}
	return nil
}

func (m *easyEto) decode(b []byte) (err error) {
	m.has = 0
	var f easyproto.FieldContext
	for len(b) > 0 {
		if b, err = f.NextField(b); err != nil {
			return err
		}
		var ok bool
		switch f.FieldNum {
		case 1:
			m.seq, ok = f.Uint64()
		case 2:
			m.typ, ok = f.Enum()
		case 3:
			m.isReplay, ok = f.Bool()
		default:
			continue
		}
		if !ok {
			return errEasy
		}
		m.has |= 1 << f.FieldNum
	}
	return nil
}

func (m *easyCreate) decode(b []byte) (err error) {
	m.has = 0
	var f easyproto.FieldContext
	for len(b) > 0 {
		if b, err = f.NextField(b); err != nil {
			return err
		}
		var ok bool
		switch f.FieldNum {
		case 4:
			m.side, ok = f.Enum()
		case 6:
			m.quantity, ok = f.Uint64()
		case 8:
			m.price, ok = f.Uint32()
		case 10:
			m.tif, ok = f.Enum()
		case 11:
			m.reference, ok = f.Uint64()
		case 12:
			m.marketID, ok = f.Uint32()
		case 13:
			m.contractID, ok = f.Uint32()
		case 14:
			m.label, ok = f.String()
		default:
			continue
		}
		if !ok {
			return errEasy
		}
		m.has |= 1 << f.FieldNum
	}
	return nil
}

func (m *easyCancel) decode(b []byte) (err error) {
	m.has = 0
	var f easyproto.FieldContext
	for len(b) > 0 {
		if b, err = f.NextField(b); err != nil {
			return err
		}
		var ok bool
		switch f.FieldNum {
		case 2:
			m.reference, ok = f.Uint64()
		case 3:
			m.orderID, ok = f.Uint64()
		default:
			continue
		}
		if !ok {
			return errEasy
		}
		m.has |= 1 << f.FieldNum
	}
	return nil
}

func (m *easyAccepted) decode(b []byte) (err error) {
	m.has = 0
	var f easyproto.FieldContext
	for len(b) > 0 {
		if b, err = f.NextField(b); err != nil {
			return err
		}
		var ok bool
		switch f.FieldNum {
		case 1:
			m.seq, ok = f.Uint64()
		case 4:
			m.reference, ok = f.Uint64()
		case 5:
			m.price, ok = f.Uint32()
		case 6:
			m.quantity, ok = f.Uint64()
		case 7:
			m.orderID, ok = f.Uint64()
		case 8:
			m.accountSequence64, ok = f.Uint64()
		case 9:
			m.availableBalance, ok = f.Double()
		case 10:
			m.exposure, ok = f.Double()
		case 11:
			m.contractID, ok = f.Uint32()
		case 12:
			m.side, ok = f.Enum()
		case 13:
			m.marketID, ok = f.Uint32()
		default:
			continue
		}
		if !ok {
			return errEasy
		}
		m.has |= 1 << f.FieldNum
	}
	return nil
}

func (m *easyExecuted) decode(b []byte) (err error) {
	m.has = 0
	var f easyproto.FieldContext
	for len(b) > 0 {
		if b, err = f.NextField(b); err != nil {
			return err
		}
		var ok bool
		switch f.FieldNum {
		case 2:
			m.price, ok = f.Uint32()
		case 3:
			m.quantityType, ok = f.Enum()
		case 4:
			m.quantity, ok = f.Uint64()
		case 6:
			m.pendingTimeout, ok = f.Uint32()
		case 7:
			m.orderID, ok = f.Uint64()
		case 8:
			m.side, ok = f.Enum()
		case 9:
			m.marketID, ok = f.Uint32()
		case 10:
			m.contractID, ok = f.Uint32()
		case 11:
			m.accountSequence64, ok = f.Uint64()
		case 12:
			m.totalExecutedQuantity, ok = f.Uint64()
		case 13:
			m.executedAvgPrice, ok = f.Uint32()
		case 14:
			m.availableQuantity, ok = f.Uint64()
		case 15:
			m.origPrice, ok = f.Uint32()
		case 16:
			m.availableBalance, ok = f.Double()
		case 17:
			m.exposure, ok = f.Double()
		case 18:
			m.label, ok = f.String()
		default:
			continue
		}
		if !ok {
			return errEasy
		}
		m.has |= 1 << f.FieldNum
	}
	return nil
}

func (m *easyQuotes) decode(b []byte) (err error) {
	m.has, m.bids, m.offers = 0, m.bids[:0], m.offers[:0]
	var f easyproto.FieldContext
	for len(b) > 0 {
		if b, err = f.NextField(b); err != nil {
			return err
		}
		var ok bool
		switch f.FieldNum {
		case 3:
			if m.bids, err = appendQuote(m.bids, &f); err != nil {
				return err
			}
			continue
		case 4:
			if m.offers, err = appendQuote(m.offers, &f); err != nil {
				return err
			}
			continue
		case 9:
			m.marketID, ok = f.Uint32()
		case 10:
			m.contractID, ok = f.Uint32()
		default:
			continue
		}
		if !ok {
			return errEasy
		}
		m.has |= 1 << f.FieldNum
	}
	return nil
}

func appendQuote(to []easyQuote, f *easyproto.FieldContext) ([]easyQuote, error) {
	data, ok := f.MessageData()
	if !ok {
		return to, errEasy
	}
	to = append(to, easyQuote{})
	return to, to[len(to)-1].decode(data)
}

func (m *easyQuote) decode(b []byte) (err error) {
	m.has = 0
	var f easyproto.FieldContext
	for len(b) > 0 {
		if b, err = f.NextField(b); err != nil {
			return err
		}
		var ok bool
		switch f.FieldNum {
		case 1:
			m.price, ok = f.Uint32()
		case 2:
			m.quantity, ok = f.Uint64()
		default:
			continue
		}
		if !ok {
			return errEasy
		}
		m.has |= 1 << f.FieldNum
	}
	return nil
}
