package smkprom_test

import (
	"context"
	"log"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/plugin/smkprom"
)

// A bot with metrics, health and profiles on 127.0.0.1:9464.
func Example() {
	bot, err := engine.New(engine.Config{
		Session: session.Config{Username: "user", Password: "secret"},
	})
	if err != nil {
		log.Fatal(err)
	}
	metrics, err := smkprom.New(bot, smkprom.Options{Account: "main"})
	if err != nil {
		log.Fatal(err)
	}
	admin, err := smkprom.ListenAdmin(smkprom.AdminConfig{Collectors: []*smkprom.Collector{metrics}})
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Print(admin.Serve()) }()
	defer func() { _ = admin.Close(context.Background()) }()

	if err := bot.Run(context.Background()); err != nil {
		log.Print(err)
	}
}
