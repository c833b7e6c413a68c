package config

import (
	"slices"
	"testing"
)

// TestText holds that values are shown as they were written, and credentials not at all, wherever they come from.
func TestText(t *testing.T) {
	const planted = "planted-credential"
	dir := files(t, map[string]string{
		"bot.conf": "[DEFAULT]\nsite = eu\n" +
			"[engine]\naddress = %(site)s.example.com:3801\nstate_account = a\"b\nstate_file = state\n" +
			"[session]\nusername = " + planted + "\npassword_file = password\n",
		"password": planted + "\n",
	})
	s, err := Load("bot.conf", Options{Directories: []string{dir}, Environ: []string{"SMK_LOGIN_TIMEOUT=3s"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"engine.address": "eu.example.com:3801", "engine.state_account": `"a\"b"`, "session.login_timeout": "3s",
		"session.username": "set", "session.password": "set", "session.password_file": "password",
		"session.token": "", "engine.wait": "", "engine.nothing": "",
	} {
		if got, ok := s.Text(name); got != want || ok != (want != "") {
			t.Errorf("%s is %q, %v, want %q", name, got, ok, want)
		}
	}
	var secrets []string
	for name := range s.Origins() {
		if s.Secret(name) {
			secrets = append(secrets, name)
		}
	}
	if want := []string{"session.username", "session.password", "session.token"}; !slices.Equal(secrets, want) ||
		s.Secret("session.nothing") {
		t.Errorf("secrets are %q, want %q", secrets, want)
	}
}
