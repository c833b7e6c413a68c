package export

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/tools/smk/inspect"
)

// Formats are the names of what can be written.
var Formats = []string{"csv", "jsonl", "parquet", "pcapng"}

// Result is what was written.
type Result struct {
	Messages int `json:"messages"`
	Rows     int `json:"rows"` // of csv and parquet, levels of books included
	Cut      int `json:"cut"`  // messages that the journal has only the beginning of

	Lost uint64 `json:"lost"` // records that the journal says are lost among those that were asked for
}

// rowsAtOnce is how many rows are written to a file at once.
const rowsAtOnce = 1 << 14

// writer writes entries of messages in one format.
type writer interface {
	write(e *inspect.Entry) error
	close() error
}

// Write writes the messages of a journal that a filter wants. format is one of Formats. If the journal cannot be read
// to its end, what could be read is written whole, and the error returned.
func Write(ctx context.Context, dir, format string, wanted *inspect.Filter, to io.Writer) (Result, error) {
	var r Result
	out := bufio.NewWriterSize(to, 1<<16)
	w, err := newWriter(format, out, &r)
	if err != nil {
		return r, err
	}
	err = r.writeAll(ctx, dir, wanted, w)
	closed := w.close()
	if closed == nil {
		closed = out.Flush()
	}
	if closed != nil { // what was written is not whole, whatever was read
		return r, closed
	}
	return r, err
}

func (r *Result) writeAll(ctx context.Context, dir string, wanted *inspect.Filter, w writer) error {
	for e, err := range inspect.Read(ctx, dir, inspect.Options{Seek: wanted.From}) {
		if err != nil {
			return err
		}
		if e.Kind == journal.KindLost && wanted.InTime(e) {
			if i, err := journal.DecodeLost(e.Payload); err == nil {
				r.Lost += i.Records
			}
		}
		if e.Message == nil || !wanted.Match(e) {
			continue
		}
		r.Messages++
		if e.Flags&journal.FlagTruncated != 0 {
			r.Cut++
		}
		if err := w.write(e); err != nil {
			return err
		}
	}
	return nil
}

func newWriter(format string, out io.Writer, r *Result) (writer, error) {
	switch format {
	case "csv":
		w := &csvWriter{out: csv.NewWriter(out), result: r}
		return w, w.out.Write(columns())
	case "jsonl":
		return &jsonWriter{json.NewEncoder(out)}, nil
	case "parquet":
		w := parquet.NewGenericWriter[Row](out, parquet.Compression(&parquet.Zstd))
		return &parquetWriter{out: w, result: r}, nil
	case "pcapng":
		return newPcapWriter(out)
	}
	return nil, fmt.Errorf("%q is none of %s", format, strings.Join(Formats, ", "))
}

// jsonWriter writes a JSON object for each message, with all its fields.
type jsonWriter struct {
	out *json.Encoder
}

func (w *jsonWriter) write(e *inspect.Entry) error { return w.out.Encode(e.Object()) }
func (w *jsonWriter) close() error                 { return nil }

// csvWriter writes a line for each row.
type csvWriter struct {
	out    *csv.Writer
	result *Result
	rows   []Row
	fields []string
}

func (w *csvWriter) write(e *inspect.Entry) error {
	w.rows = appendRows(w.rows[:0], e)
	w.result.Rows += len(w.rows)
	for i := range w.rows {
		w.fields = w.fields[:0]
		v := reflect.ValueOf(&w.rows[i]).Elem()
		for k := range v.NumField() {
			w.fields = append(w.fields, fmt.Sprint(v.Field(k).Interface()))
		}
		if err := w.out.Write(w.fields); err != nil {
			return err
		}
	}
	return nil
}

func (w *csvWriter) close() error {
	w.out.Flush()
	return w.out.Error()
}

// columns returns the names of the columns.
func columns() (names []string) {
	t := reflect.TypeFor[Row]()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("parquet"), ",")
		names = append(names, name)
	}
	return names
}

// parquetWriter writes rows in groups.
type parquetWriter struct {
	out    *parquet.GenericWriter[Row]
	result *Result
	rows   []Row
}

func (w *parquetWriter) write(e *inspect.Entry) error {
	n := len(w.rows)
	w.rows = appendRows(w.rows, e)
	w.result.Rows += len(w.rows) - n
	if len(w.rows) < rowsAtOnce {
		return nil
	}
	return w.flush()
}

func (w *parquetWriter) flush() error {
	_, err := w.out.Write(w.rows)
	w.rows = w.rows[:0]
	return err
}

func (w *parquetWriter) close() error {
	if err := w.flush(); err != nil {
		return err
	}
	return w.out.Close()
}
