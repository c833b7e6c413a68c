package journal_test

import (
	"fmt"
	"io"
	"log"
	"os"

	"github.com/smk-go/smk/journal"
)

// A loop records two messages; somebody reads them.
func Example() {
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	j, err := journal.Open(journal.Config{Dir: dir, Name: "maker", Durability: journal.SyncGroup})
	if err != nil {
		log.Fatal(err)
	}
	r := j.Recorder() // belongs to the loop
	r.Append(journal.KindInbound, 0, 1, 1_000, []byte("price"))
	r.Append(journal.KindOutbound, 0, 1, 1_250, []byte("order"))
	r.Commit()
	if err := j.Close(); err != nil {
		log.Fatal(err)
	}

	reader, err := journal.OpenDir(dir, journal.ReaderConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer reader.Close()
	for {
		rec, err := reader.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		if rec.Own { // of the writer: beginning and end of a segment
			continue
		}
		fmt.Println(rec.Seq, rec.Kind, rec.At, string(rec.Payload))
	}
	// Output:
	// 1 inbound 1000 price
	// 2 outbound 1250 order
}
