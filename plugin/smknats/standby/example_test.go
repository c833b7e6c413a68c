package standby_test

import (
	"context"
	"log"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/plugin/smknats/lease"
	"github.com/smk-go/smk/plugin/smknats/standby"
)

// A bot on several machines, of which one trades.
func ExampleRun() {
	nc, err := nats.Connect("nats://one:4222,nats://two:4222,nats://three:4222", nats.MaxReconnects(-1))
	if err != nil {
		log.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		log.Fatal(err)
	}
	err = standby.Run(context.Background(), standby.Config{
		Lease: lease.Config{JetStream: js, Environment: "production", Account: "demo", TTL: 3 * time.Second},
		Engine: engine.Config{
			Session: session.Config{Username: "demo", Password: "secret"},
			OnStop:  engine.StopLeave, // a machine that is shut down leaves the orders to the next one
		},
		Start: func(e *engine.Engine, t standby.Term) error {
			e.OnBook(func(c book.Contract) {}) // quote
			return e.Subscribe(100_000)
		},
		Observe: func(ev standby.Event) { log.Println(ev.Kind, ev.Term, ev.Err) },
	})
	if err != nil {
		log.Fatal(err)
	}
}
