package smknats_test

import (
	"context"
	"fmt"
	"log"

	"github.com/nats-io/nats.go"

	"github.com/smk-go/smk/plugin/smknats"
)

// A consumer of smk demo --nats that prints each book as it changes.
func Example() {
	ctx := context.Background()
	nc, err := nats.Connect("nats://127.0.0.1:4222", nats.MaxReconnects(-1))
	if err != nil {
		log.Fatal(err)
	}
	f, err := smknats.Follow(ctx, nc, smknats.FollowConfig{Environment: "demo"})
	if err != nil {
		log.Fatal(err)
	}
	for {
		e, err := f.Next(ctx)
		if err != nil {
			log.Fatal(err)
		}
		if e.Kind == smknats.BookChanged {
			fmt.Println(e.Book.Contract, e.Book.State, e.Book.Bids, e.Book.Offers)
		} else {
			fmt.Println(e.Account, e.Kind, e.Text)
		}
	}
}

// A consumer of orders that keeps where it is beside what it made of the events, so that each counts once.
func Example_exactlyOnce() {
	ctx := context.Background()
	nc, err := nats.Connect("nats://127.0.0.1:4222", nats.MaxReconnects(-1))
	if err != nil {
		log.Fatal(err)
	}
	filled, state := load()
	f, err := smknats.Follow(ctx, nc, smknats.FollowConfig{
		Environment: "demo", Account: "demo", NoBooks: true, From: state,
	})
	if err != nil {
		log.Fatal(err)
	}
	for {
		e, err := f.Next(ctx)
		if err != nil {
			log.Fatal(err)
		}
		if e.Kind == smknats.OrderChanged && !e.Order.Replayed {
			filled += e.Order.Fill.Quantity.String() + "\n"
		}
		save(filled, f.State()) // in one write
	}
}

func load() (filled string, state *smknats.State) { return "", nil }
func save(string, smknats.State)                  {}
