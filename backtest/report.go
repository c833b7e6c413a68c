package backtest

import "github.com/smk-go/smk/gen/msg"

// ReportKind says what the exchange reported of an order.
type ReportKind uint8

// The kinds of reports.
const (
	ReportAccepted ReportKind = iota + 1
	ReportFilled
	ReportFillVoided
	ReportCancelled
	ReportReplaced
	ReportVoided
)

// Report is what the exchange said of an order of the recording account.
type Report struct {
	Kind             ReportKind
	At               int64 // ns since 1970
	Order, Reference uint64
	Market, Contract uint32
	Side             msg.Side
	Price            uint32 // of the fill, or of the order
	Quantity         uint64 // of the fill, or what was available of the order
	Provisional      bool   // the fill may still be voided
	Earlier          bool   // it happened before the recording: the exchange sent it again to the first login
}
