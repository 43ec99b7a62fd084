package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// development is what `make run` leaves in its data directory, and nothing of which exists in production.
type development struct {
	OTP      string `json:"otp"`
	Identity string `json:"identity"`
	Inbox    string `json:"inbox"`
	Key      string `json:"secret"`
}

// openDevelopment reads the running stack's addresses and the development platform's key.
func openDevelopment(data string) (*development, error) {
	found := &development{}
	for _, name := range []string{"up.json", "demo.json"} {
		text, err := os.ReadFile(filepath.Join(data, name))
		if err != nil {
			return nil, fmt.Errorf("is Xacthuc running (make run)? %w", err)
		}
		if err := json.Unmarshal(text, found); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return found, nil
}

// codeOf returns the code that was "sent" for a challenge, once its message is in the inbox.
func (d *development) codeOf(ctx context.Context, challenge string) (string, error) {
	for {
		code, err := d.search(challenge)
		if err != nil || code != "" {
			return code, err
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("no message for %s: %w", challenge, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (d *development) search(challenge string) (string, error) {
	inbox, err := os.Open(d.Inbox)
	if err != nil {
		return "", err
	}
	defer inbox.Close()
	for lines := bufio.NewScanner(inbox); lines.Scan(); {
		var message struct{ Challenge, Code string }
		if err := json.Unmarshal(lines.Bytes(), &message); err != nil {
			return "", err
		}
		if challenge == "challenges/"+message.Challenge {
			return message.Code, nil
		}
	}
	return "", nil
}
