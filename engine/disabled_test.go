package engine_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
)

// TestDisabledSettings refuses settings of the trading state that would have no effect, and names them.
func TestDisabledSettings(t *testing.T) {
	for field, set := range map[string]func(*engine.StateConfig){
		"": func(*engine.StateConfig) {},
		" ": func(c *engine.StateConfig) {
			c.DisableFollow, c.DisableQuoteCancelAll = true, true
		},
		"State.Risk.OrderQuantityMax":  func(c *engine.StateConfig) { c.Risk.OrderQuantityMax = 1 },
		"State.Risk.Collar.Ticks":      func(c *engine.StateConfig) { c.Risk.Collar.Ticks = 1 },
		"State.Risk.Markets":           func(c *engine.StateConfig) { c.Risk.Markets = []uint32{1} },
		"State.Orders.Commission":      func(c *engine.StateConfig) { c.Orders.Commission = 1 },
		"State.Quotes.Levels":          func(c *engine.StateConfig) { c.Quotes.Levels = 2 },
		"State.HandleReplayed":         func(c *engine.StateConfig) { c.HandleReplayed = true },
		"State.HaltSignals":            func(c *engine.StateConfig) { c.HaltSignals = []os.Signal{os.Interrupt} },
		"State.HaltFile":               func(c *engine.StateConfig) { c.HaltFile = "halt" },
		"State.OnUnresolved":           func(c *engine.StateConfig) { c.OnUnresolved = engine.HaltUnresolved },
		"State.Risk.Watchdog":          func(c *engine.StateConfig) { c.Risk.Watchdog = time.Second },
		"State.Risk.RefuseSelfCross":   func(c *engine.StateConfig) { c.Risk.RefuseSelfCross = true },
		"State.Risk.ContractOrdersMax": func(c *engine.StateConfig) { c.Risk.ContractOrdersMax = 1 },
	} {
		config := engine.Config{State: engine.StateConfig{Disable: true}}
		config.Session.Username, config.Session.Password = "user", "secret"
		set(&config.State)
		e, err := engine.New(config)
		var wrong *engine.ConfigError
		switch refused := errors.As(err, &wrong); {
		case field == "" || field == " ":
			if err != nil {
				t.Error(err)
				continue
			}
			_ = e.Close()
		case !refused || wrong.Field != field:
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestDisabledHandlers refuses to run with a handler that would never be called.
func TestDisabledHandlers(t *testing.T) {
	for name, register := range map[string]func(*engine.Engine){
		"OnOrder":    func(e *engine.Engine) { e.OnOrder(func(*order.Order, *order.Event) {}) },
		"OnFill":     func(e *engine.Engine) { e.OnFill(func(*order.Order, order.Fill) {}) },
		"OnBook":     func(e *engine.Engine) { e.OnBook(func(book.Contract) {}) },
		"OnQuote":    func(e *engine.Engine) { e.OnQuote(func(quote.Event) {}) },
		"OnRisk":     func(e *engine.Engine) { e.OnRisk(func(risk.Event) {}) },
		"OnRecovery": func(e *engine.Engine) { e.OnRecovery(func(engine.Recovery) {}) },
		"OnSaved":    func(e *engine.Engine) { e.OnSaved(func(error) {}) },
	} {
		config := engine.Config{State: engine.StateConfig{Disable: true}}
		config.Session.Username, config.Session.Password = "user", "secret"
		e, err := engine.New(config)
		if err != nil {
			t.Fatal(err)
		}
		register(e)
		for _, err := range []error{e.Run(t.Context()), e.Poll()} {
			want := "engine: " + name + " would never call its handler: engine: no trading state is kept"
			if !errors.Is(err, engine.ErrNoState) || err.Error() != want {
				t.Errorf("%s: %v", name, err)
			}
		}
		if c := e.Completeness(); c.Complete || c.Why == 0 || !errors.Is(c.Cause, engine.ErrNoState) {
			t.Errorf("%+v", c)
		}
		_ = e.Close()
	}
}
