package session

import (
	"fmt"
	"io"
	"log/slog"
)

// Credentials are what a login is authenticated by: Username and Password, or Token alone,
// the session token of the exchange's HTTP API. If Token is set only the token is sent.
type Credentials struct {
	Username string `json:"-"`
	Password string `json:"-"`
	Token    string `json:"-"`
}

// String returns which are set, not their values.
func (c Credentials) String() string {
	return fmt.Sprintf("{Username:%s Password:%s Token:%s}",
		redacted(c.Username), redacted(c.Password), redacted(c.Token))
}

// Format is String for every verb.
func (c Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is String.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Check returns a *[ConfigError] if no login can be made of the credentials.
func (c Credentials) Check() error {
	for _, text := range []struct{ name, value string }{
		{"Username", c.Username}, {"Password", c.Password}, {"Token", c.Token},
	} {
		if len(text.value) > CredentialBytesMax {
			return &ConfigError{text.name, "is too long"}
		}
	}
	switch hasUsername, hasPassword := c.Username != "", c.Password != ""; {
	case c.Token != "" || hasUsername && hasPassword:
		return nil
	case hasUsername:
		return &ConfigError{"Username", "is set without Password"}
	case hasPassword:
		return &ConfigError{"Password", "is set without Username"}
	}
	return &ConfigError{"Token", "or Username and Password must be set"}
}

// redacted returns whether a secret is set, as text.
func redacted(secret string) string {
	if secret == "" {
		return "unset"
	}
	return "set"
}
