package engine

import (
	"fmt"
	"reflect"
	"strings"
)

// checkDisabled returns an error for a setting of the trading state that Disable would leave without effect, such as a
// risk limit.
func (c *StateConfig) checkDisabled() error {
	if !c.Disable {
		return nil
	}
	if field := firstSet(reflect.ValueOf(*c)); field != "" {
		return &ConfigError{"State." + field, "has no effect with State.Disable, which contradicts it"}
	}
	return nil
}

// firstSet returns the name of the first field that is not its zero value, with those of the structs that it is in, but
// for those that switch something off.
func firstSet(v reflect.Value) string {
	for i := range v.NumField() {
		name, field := v.Type().Field(i).Name, v.Field(i)
		switch {
		case strings.HasPrefix(name, "Disable") || field.IsZero():
		case field.Kind() != reflect.Struct:
			return name
		default:
			if inner := firstSet(field); inner != "" {
				return name + "." + inner
			}
		}
	}
	return ""
}

// tradingHandlers returns the lists to register with. Without state nothing would be called, of which Run and Poll
// return an error.
func (e *Engine) tradingHandlers(method string) *tradingHandlers {
	if e.trading == nil {
		e.handlers.uncalled = method
		return new(tradingHandlers)
	}
	return &e.trading.handlers
}

// checkHandlers returns an error if a handler was registered that would never be called.
func (e *Engine) checkHandlers() error {
	if e.handlers.uncalled == "" {
		return nil
	}
	return fmt.Errorf("engine: %s would never call its handler: %w", e.handlers.uncalled, ErrNoState)
}
