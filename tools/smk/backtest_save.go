package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"

	"github.com/smk-go/smk/backtest"
	"github.com/smk-go/smk/tools/smk/backtestpage"
)

// saveResults writes each result as JSON, as a page, and as Parquet.
func saveResults(dir string, results []*backtest.Result, compared []*backtest.Comparison, with *backtest.Result) error {
	for i, r := range results {
		to := folderOf(dir, i, len(results))
		if err := os.MkdirAll(to, 0o777); err != nil {
			return err
		}
		page := backtestpage.Page{Result: r, With: with}
		if i < len(compared) {
			page.Comparison = compared[i]
		}
		err := errors.Join(
			writeFile(filepath.Join(to, "result.json"), func(f *os.File) error { return json.NewEncoder(f).Encode(r) }),
			writeFile(filepath.Join(to, "result.html"), func(f *os.File) error { return page.Write(f) }),
			writeParquet(filepath.Join(to, "fills.parquet"), fillRows(r)),
			writeParquet(filepath.Join(to, "orders.parquet"), orderRows(r)),
			writeParquet(filepath.Join(to, "path.parquet"), pathRows(r)),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes a file, and leaves the one before if that fails.
func writeFile(name string, write func(*os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".writing-*")
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), name)
}

func writeParquet[R any](name string, rows []R) error {
	return writeFile(name, func(f *os.File) error {
		w := parquet.NewGenericWriter[R](f, parquet.Compression(&parquet.Zstd))
		_, err := w.Write(rows)
		return errors.Join(err, w.Close())
	})
}

// Rows of the Parquet files. Times are ns since the Unix epoch, prices 1/100 % of payoff, quantities 1/10000 and money
// 10^-8 of the currency.
type (
	fillRow struct {
		Queue     string `parquet:"queue,dict"`
		Time      int64  `parquet:"time,timestamp(nanosecond)"`
		Order     uint64 `parquet:"order"`
		Reference uint64 `parquet:"reference"`
		Market    uint32 `parquet:"market"`
		Contract  uint32 `parquet:"contract"`
		Side      string `parquet:"side,dict"`
		Price     uint32 `parquet:"price"`
		Quantity  uint64 `parquet:"quantity"`
		Reason    string `parquet:"reason,dict"`
		Waited    int64  `parquet:"waited_ns"`
		Voided    bool   `parquet:"voided"`
		After1s   *int64 `parquet:"after_1s,optional"`
		After10s  *int64 `parquet:"after_10s,optional"`
		After60s  *int64 `parquet:"after_60s,optional"`
	}
	orderRow struct {
		Queue     string `parquet:"queue,dict"`
		Order     uint64 `parquet:"order"`
		Reference uint64 `parquet:"reference"`
		Market    uint32 `parquet:"market"`
		Contract  uint32 `parquet:"contract"`
		Side      string `parquet:"side,dict"`
		Price     uint32 `parquet:"price"`
		Quantity  uint64 `parquet:"quantity"`
		Filled    uint64 `parquet:"filled"`
		Accepted  int64  `parquet:"accepted,timestamp(nanosecond)"`
		Ended     int64  `parquet:"ended,timestamp(nanosecond)"` // 1970 if it was live at the end
		Ahead     uint64 `parquet:"ahead"`
	}
	pathRow struct {
		Queue    string `parquet:"queue,dict"`
		Time     int64  `parquet:"time,timestamp(nanosecond)"`
		Equity   int64  `parquet:"equity"`
		Position int64  `parquet:"position"`
		Exposure int64  `parquet:"exposure"`
	}
)

func fillRows(r *backtest.Result) (rows []fillRow) {
	for i := range r.Models {
		for _, f := range r.Models[i].Fills {
			row := fillRow{
				Queue: r.Models[i].Queue, Time: f.At, Order: f.Order, Reference: f.Reference, Market: f.Market,
				Contract: f.Contract, Side: f.Side, Price: f.Price, Quantity: f.Quantity, Reason: f.Reason,
				Waited: int64(f.Waited), Voided: f.Voided,
			}
			for j, to := range []**int64{&row.After1s, &row.After10s, &row.After60s} {
				if f.Known[j] {
					*to = new(int64(f.After[j]))
				}
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func orderRows(r *backtest.Result) (rows []orderRow) {
	for i := range r.Models {
		for _, o := range r.Models[i].Orders {
			rows = append(rows, orderRow{
				Queue: r.Models[i].Queue, Order: o.Order, Reference: o.Reference, Market: o.Market,
				Contract: o.Contract,
				Side:     o.Side, Price: o.Price, Quantity: o.Quantity, Filled: o.Filled, Accepted: o.Accepted,
				Ended: o.Ended,
				Ahead: o.Ahead,
			})
		}
	}
	return rows
}

func pathRows(r *backtest.Result) (rows []pathRow) {
	for i := range r.Models {
		for _, p := range r.Models[i].Path {
			rows = append(rows, pathRow{r.Models[i].Queue, p.At, int64(p.Equity), p.Position, int64(p.Exposure)})
		}
	}
	return rows
}
