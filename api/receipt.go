package api

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// receiptKey signs receipts of this process: a receipt bridges a moment, not a restart, and names one command.
var receiptKey = func() []byte {
	key := make([]byte, 32)
	rand.Read(key)
	return key
}()

// receipt says when the first attempt of a command was received, so that a 503 costs nobody a cut-off.
func (a *API) receipt(command string, received time.Time) string {
	at := strconv.FormatInt(received.UnixMicro(), 10)
	return at + "." + base64.RawURLEncoding.EncodeToString(sign(command, at))
}

func (a *API) receiptTime(command, receipt string) (time.Time, error) {
	at, mac, _ := strings.Cut(receipt, ".")
	got, err := base64.RawURLEncoding.DecodeString(mac)
	micros, err2 := strconv.ParseInt(at, 10, 64)
	if err != nil || err2 != nil || !hmac.Equal(got, sign(command, at)) {
		return time.Time{}, errors.New("receipt was not signed here")
	}
	return time.UnixMicro(micros), nil
}

func sign(command, at string) []byte {
	mac := hmac.New(sha256.New, receiptKey)
	mac.Write([]byte(command + "\x00" + at))
	return mac.Sum(nil)
}
