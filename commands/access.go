package commands

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"andu/domain"
	"andu/domain/access"
	"andu/domain/documents"
	"andu/domain/org"
	"andu/domain/policy"
	"andu/eventstore/blobs"
)

// ErrContentSize stops a scan that is empty or too large to be kept.
var ErrContentSize = domain.Rule(domain.Invalid, "content-size",
	"内容为空，或者超过{limit}字节。", "the content is empty, or over {limit} bytes").By("architecture 3.8")

// Protect begins the record of who may see a paper, unless it is there. It comes before every act on it.
func Protect(ctx context.Context, h *Handler, office, document string) error {
	stream := access.Stream(document)
	if _, revision, err := State(ctx, h, access.Context, office, stream); err != nil || revision >= 0 {
		return err
	}
	_, err := Handle(ctx, h, access.Context, stream, access.Begin{Document: document},
		Request{Office: office, Actor: domain.Actor{Person: domain.System}, Command: NewID(stream, "begin")})
	return err
}

// ClassOf is the class of a paper of the office now: whether a denial has to look like absence.
func ClassOf(ctx context.Context, h *Handler, office, document string) (domain.Class, error) {
	paper, _, err := State(ctx, h, documents.Context, office, document)
	if err != nil {
		return "", err
	}
	s, _, err := State(ctx, h, access.Context, office, access.Stream(document))
	return s.ClassOn(paper), err
}

// Attach keeps a scan of a paper. Whether it may be kept is decided before the first byte is taken in.
func Attach(ctx context.Context, h *Handler, document, name string, content io.Reader, req Request) (Result, error) {
	if err := Protect(ctx, h, req.Office, document); err != nil {
		return Result{}, err
	}
	stream := access.Stream(document)
	check := req
	check.Command = NewID(req.Command, "check")
	// Without content the command comes through every other guard, or one of them stops it.
	if _, err := Handle(ctx, h, access.Context, stream, access.AttachContent{}, check); !errors.Is(err, access.ErrMissing) {
		return Result{}, err
	}
	kept, err := h.Files.Keep(stream, content)
	if errors.Is(err, blobs.ErrTooLarge) || errors.Is(err, blobs.ErrEmpty) {
		return Result{}, ErrContentSize.With("limit", strconv.FormatInt(h.Files.Limit(), 10))
	}
	if err != nil {
		return Result{}, err
	}
	sum := sha256.Sum256([]byte(req.Fingerprint + "\x00" + name + "\x00" + kept.Digest))
	req.Fingerprint = hex.EncodeToString(sum[:])
	res, err := Handle(ctx, h, access.Context, stream, access.AttachContent{File: kept.File, MediaType: kept.MediaType, Size: kept.Size, Digest: kept.Digest, Name: name}, req)
	if _, refused := isRefusal(err); refused || err == nil && res.Repeated { // no event names the file that was kept just now
		if err := h.Files.Remove(kept.File); err != nil {
			return res, fmt.Errorf("remove what was not attached: %w", err)
		}
	}
	return res, err
}

// Reading is a part of a paper's content of which no byte has left. It is closed when done.
type Reading struct {
	access.Content
	From, To int64

	part  *blobs.Part
	guard func(piece int) error // reads the guards with the order held; the first time before the Reading is handed out
	let   func()                // lets the order go; nil: it is not held
}

// ReadContent opens a part of content within a viewing: from the first byte to before the last, 0 being the end. The
// receipt is taken from the event of the log that grants the part; then, with the bytes in hand and the order held, the
// guards are read again, so that no byte leaves behind the acknowledgement of what took the right away (architecture
// 3.16). A denial is on record.
func ReadContent(ctx context.Context, h *Handler, document, view string, from, to int64, req Request) (_ *Reading, err error) {
	stream := access.Stream(document)
	if err := Protect(ctx, h, req.Office, document); err != nil {
		return nil, err
	}
	s, _, err := State(ctx, h, access.Context, req.Office, stream)
	if err != nil {
		return nil, err
	}
	r := &Reading{Content: s.Contents[s.Views[view].Content], From: from, To: to}
	if r.To == 0 || r.To > r.Size {
		r.To = r.Size
	}
	defer func() {
		if err != nil {
			r.Close()
		}
	}()
	receipt, granted, err := h.redeem(ctx, req.Office, stream, view, r.From, r.To)
	if err != nil {
		return nil, err
	}
	if granted {
		if r.part, err = h.Files.Open(receipt, r.From, r.To); err != nil {
			return nil, err
		}
	}
	guarded := append(access.Needs(document, req.Actor.Person), stream, org.Stream(req.Office), policy.Stream(req.Office))
	req.reading = true
	r.guard = func(piece int) (err error) {
		if r.let, err = h.hold(ctx, guarded...); err != nil {
			return err
		}
		again := req
		if piece > 0 { // the guards are read anew: what a piece before it put on record is no answer
			again.Command = NewID(req.Command, "piece/"+strconv.Itoa(piece))
		}
		_, err = Handle(ctx, h, access.Context, stream, access.Read{View: view, From: r.From, To: r.To}, again)
		return err
	}
	if err = r.guard(0); err == nil && !granted {
		err = access.ErrOutsideWindow
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// WriteTo gives the bytes piece by piece, each under guards that hold until it has left: the writer returns when it has, and
// soon. Where they no longer hold it ends with the refusal.
func (r *Reading) WriteTo(w io.Writer) (int64, error) {
	pieces := 0
	return r.part.WriteTo(writerFunc(func(piece []byte) (int, error) {
		if pieces > 0 {
			if err := r.guard(pieces); err != nil {
				return 0, err
			}
		}
		pieces++
		defer r.letGo()
		return w.Write(piece)
	}))
}

// Close lets the file and the order go.
func (r *Reading) Close() error {
	r.letGo()
	if r.part == nil {
		return nil
	}
	return r.part.Close()
}

func (r *Reading) letGo() {
	if r.let != nil {
		r.let()
		r.let = nil
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// redeem finds the event that grants a part of a viewing, and takes the receipt from it.
func (h *Handler) redeem(ctx context.Context, office, stream, view string, from, to int64) (blobs.Receipt, bool, error) {
	history, err := h.History(ctx, office, stream)
	if err != nil {
		return blobs.Receipt{}, false, err
	}
	for _, r := range history {
		var w access.WindowOpened
		switch e := r.Event.(type) {
		case access.ViewOpened:
			w = access.WindowOpened{View: e.View, File: e.File, From: e.From, To: e.To}
		case access.WindowOpened:
			w = e
		}
		if w.View == view && w.File != "" && w.From <= from && from < to && to <= w.To {
			receipt, err := h.Files.Redeem(ctx, h.Store, stream, r.Revision)
			return receipt, err == nil, err
		}
	}
	return blobs.Receipt{}, false, nil
}

// adoptClass gives a paper the class that was decided of it.
func adoptClass(ctx context.Context, h *Handler, d Due) error {
	s, _, err := State(ctx, h, access.Context, d.Office, d.Stream)
	if err != nil {
		return err
	}
	_, revision, _ := strings.Cut(d.Key, "@")
	at, err := strconv.ParseInt(revision, 10, 64)
	if err != nil {
		return fmt.Errorf("task %s: %w", d.Key, err)
	}
	_, err = Handle(ctx, h, documents.Context, s.Document, documents.AdoptClass{Class: domain.Class(d.Data["class"]), Protection: d.Stream, Revision: at}, d.request(h, "adopt"))
	return err
}

// lapseClass notes that the term of a class is over.
func lapseClass(ctx context.Context, h *Handler, d Due) error {
	_, err := Handle(ctx, h, access.Context, d.Stream, access.Lapse{}, d.request(h, "lapse"))
	return err
}

// endView ends a viewing at its time.
func endView(ctx context.Context, h *Handler, d Due) error {
	_, err := Handle(ctx, h, access.Context, d.Stream, access.EndView{View: d.Data["view"]}, d.request(h, "end"))
	return err
}
