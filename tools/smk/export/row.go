package export

import (
	"github.com/smk-go/smk/tools/smk/inspect"
)

// Row is a message, or one level of a book in one, with the columns that most messages have. A column that does not
// apply is 0 or empty. Times are in ns since the Unix epoch, prices in hundredths of a percent of the payoff,
// quantities in 1/10000 of the currency.
type Row struct {
	Time            int64  `parquet:"time,timestamp(nanosecond)"`
	At              int64  `parquet:"at"` // the loop's clock
	Record          uint64 `parquet:"record"`
	Part            int32  `parquet:"part"` // of the record's messages, from 1; 0 if it has one
	Run             int32  `parquet:"run"`
	Epoch           uint32 `parquet:"epoch"`
	Direction       string `parquet:"direction,dict"` // "in" or "out"
	Type            string `parquet:"type,dict"`
	SessionSeq      uint64 `parquet:"session_seq"`
	Replayed        bool   `parquet:"replayed"`
	Market          uint32 `parquet:"market"`
	Contract        uint32 `parquet:"contract"`
	Order           uint64 `parquet:"order"`
	Original        uint64 `parquet:"original_order"`
	Reference       uint64 `parquet:"reference"`
	Side            string `parquet:"side,dict"` // of a level: "bid", "offer", or "execution"
	Price           uint32 `parquet:"price"`
	Quantity        uint64 `parquet:"quantity"`
	AccountSequence uint64 `parquet:"account_sequence"`
	Reason          string `parquet:"reason,dict"`
}

// Sides of levels.
const (
	sideBid       = "bid"
	sideOffer     = "offer"
	sideExecution = "execution"
)

// appendRows appends the rows of an entry: one of a message, and one more of each level and execution in a book.
func appendRows(rows []Row, e *inspect.Entry) []Row {
	m := e.Message
	direction := "in"
	if e.Outbound() {
		direction = "out"
	}
	row := Row{
		Time: e.Wall, At: e.At, Record: e.Seq, Part: int32(e.Part), Run: int32(e.Run), Epoch: e.Epoch,
		Direction: direction, Type: m.Type,
		SessionSeq: m.Seq, Replayed: m.Replay, Market: m.Market, Contract: m.Contract, Order: m.Order,
		Original: m.Original, Reference: m.Reference, Side: m.Side, Price: m.Price, Quantity: m.Quantity,
		AccountSequence: m.AccountSequence, Reason: m.Reason,
	}
	rows = append(rows, row)
	for level := range m.Levels() {
		row.Contract, row.Price, row.Quantity = level.Contract, level.Price, level.Quantity
		switch {
		case level.Execution:
			row.Side = sideExecution
		case level.Bid:
			row.Side = sideBid
		default:
			row.Side = sideOffer
		}
		rows = append(rows, row)
	}
	return rows
}
