package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/tools/smk/inspect"
	"github.com/smk-go/smk/wire"
)

const (
	orders         = 100     // of the journal of these tests
	firstReference = 1 << 62 // of the first of them
)

// written returns a journal of two connections.
func written(t *testing.T) (dir string, payloads [][]byte) {
	t.Helper()
	dir = t.TempDir()
	out, err := journal.Open(journal.Config{Dir: dir, Name: "export", OnFull: journal.FullWait})
	if err != nil {
		t.Fatal(err)
	}
	rec := out.Recorder()
	at := int64(0)
	add := func(kind journal.Kind, epoch uint32, m *seto.Payload) {
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		payloads = append(payloads, b)
		at += 1000
		if kind == journal.KindInbound {
			b = wire.AppendFrame(nil, b)
		}
		rec.Append(kind, 0, epoch, at, b)
	}
	message := func(seq int, typ seto.PayloadType) *seto.Payload {
		return &seto.Payload{Type: typ.Enum(), EtoPayload: &eto.Payload{Seq: proto.Uint64(uint64(seq))}}
	}
	for i := range orders {
		epoch := uint32(1 + i*2/orders)
		m := message(i+1, seto.PayloadType_PAYLOAD_ORDER_CREATE)
		m.OrderCreate = &seto.OrderCreate{
			Side: seto.Side_SIDE_BUY.Enum(), Quantity: proto.Uint64(20_000), Price: proto.Uint32(2500),
			Reference: proto.Uint64(firstReference + uint64(i)), MarketId: proto.Uint32(1), ContractId: proto.Uint32(2),
		}
		add(journal.KindOutbound, epoch, m)
		m = message(i+1, seto.PayloadType_PAYLOAD_CONTRACT_QUOTES)
		m.ContractQuotes = &seto.ContractQuotes{
			MarketId: proto.Uint32(1), ContractId: proto.Uint32(2),
			Bids: []*seto.Quote{{Price: proto.Uint32(2500), Quantity: proto.Uint64(20_000)}},
			Executions: []*seto.Execution{{
				Price: proto.Uint32(2500), Quantity: proto.Uint64(5), Liquidity: seto.Side_SIDE_BUY.Enum(),
				Microseconds: proto.Uint64(1),
			}},
		}
		add(journal.KindInbound, epoch, m)
	}
	rec.Commit()
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, payloads
}

func exported(t *testing.T, dir, format string) ([]byte, Result) {
	t.Helper()
	var out bytes.Buffer
	r, err := Write(t.Context(), dir, format, &inspect.Filter{}, &out)
	if err != nil {
		t.Fatal(err)
	}
	if r.Messages != 2*orders || r.Cut != 0 {
		t.Errorf("%+v", r)
	}
	return out.Bytes(), r
}

// few are some of the columns, in another order.
type few struct {
	Reference uint64 `parquet:"reference"`
	Side      string `parquet:"side,dict"`
	Price     uint32 `parquet:"price"`
	Record    uint64 `parquet:"record"`
}

// TestRows reads CSV and Parquet back, the latter by its columns and as rows of another type, and holds one to the
// other.
func TestRows(t *testing.T) {
	dir, _ := written(t)
	text, _ := exported(t, dir, "csv")
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	file, r := exported(t, dir, "parquet")
	opened, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	const rowsWanted = orders * (1 + 3) // an order; a book with a level and an execution
	if opened.NumRows() != rowsWanted || r.Rows != rowsWanted || len(lines) != rowsWanted+1 {
		t.Fatalf("%d rows, %+v, %d lines", opened.NumRows(), r, len(lines))
	}
	var names []string
	for _, path := range opened.Schema().Columns() {
		names = append(names, strings.Join(path, "."))
	}
	if !slices.Equal(names, columns()) || !slices.Equal(lines[0], columns()) {
		t.Errorf("columns %q, in CSV %q", names, lines[0])
	}
	rows, err := parquet.Read[few](bytes.NewReader(file), int64(len(file)))
	if err != nil || len(rows) != rowsWanted {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	column := func(name string) int { return slices.Index(lines[0], name) }
	number := func(row int, name string) uint64 {
		n, err := strconv.ParseUint(lines[row+1][column(name)], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	sides := map[string]int{}
	for i, row := range rows {
		want := few{number(i, "reference"), lines[i+1][column("side")], uint32(number(i, "price")), number(i, "record")}
		if row != want {
			t.Fatalf("row %d is %+v, in CSV %+v", i, row, want)
		}
		sides[row.Side]++
	}
	if sides["buy"] != orders || sides[sideBid] != orders || sides[sideExecution] != orders {
		t.Errorf("%v", sides)
	}
}

func TestJSONLines(t *testing.T) {
	dir, _ := written(t)
	text, _ := exported(t, dir, "jsonl")
	dec := json.NewDecoder(bytes.NewReader(text))
	n := 0
	for dec.More() {
		var o inspect.Object
		if err := dec.Decode(&o); err != nil {
			t.Fatal(err)
		}
		if n++; o.Type == "" || len(o.Message) == 0 || o.Market != 1 {
			t.Fatalf("%+v", o)
		}
	}
	if n != 2*orders {
		t.Errorf("%d objects", n)
	}
}

func TestUnknownFormat(t *testing.T) {
	if _, err := Write(t.Context(), t.TempDir(), "xml", &inspect.Filter{}, io.Discard); err == nil ||
		!strings.Contains(err.Error(), "pcapng") {
		t.Error(err)
	}
}
