// Lines copied from a spreadsheet: code, quantity and perhaps a price, one line a row.

/** The lines in a pasted text, none when it is only a word or two. */
export function pastedLines(text) {
  const rows = text.split(/\r?\n/).map((row) => row.normalize("NFKC").split(/\t|;/).map((cell) => cell.trim()));
  const filled = rows.filter((cells) => cells[0]);
  if (filled.length < 2 && (filled[0]?.length ?? 0) < 2) return [];
  // A heading has no number where the quantities stand.
  const first = filled[0]?.[1] && !/^[\d.,]+$/.test(filled[0][1]) ? 1 : 0;
  return filled.slice(first).map(([code, quantity = "", price = ""]) => ({
    code,
    quantity: quantity.replace(/[,\s]/g, ""),
    price: price.replace(/[,\s¥$€£]/g, ""),
  }));
}
