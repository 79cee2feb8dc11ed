namespace TsDb.Simulation.Queries;

/// <summary>
/// As much of SQL as the planner of production makes of the simulation's questions: one SELECT over one
/// relation, with columns, a few aggregates, casts, a condition, groups.
/// </summary>
internal static class SmallSql
{
    internal abstract record Expression;

    internal sealed record Name(string Text) : Expression;

    internal sealed record Constant(object? Value) : Expression;

    /// <summary>A function or an aggregate; <c>=</c> and <c>and</c> are functions too.</summary>
    internal sealed record Call(string Function, IReadOnlyList<Expression> Arguments) : Expression;

    internal sealed record Item(Expression Expression, string Alias);

    internal sealed record Select(
        IReadOnlyList<Item> Items,
        string? Relation,
        Select? Inner,
        Expression? Where,
        IReadOnlyList<Expression> Groups);

    /// <summary>Reads a statement.</summary>
    public static Select Read(string sql)
    {
        Reader reader = new(Words(sql));
        Select select = reader.Select();
        if (!reader.IsAtEnd) throw new NotSupportedException($"small SQL ends before: {sql}");
        return select;
    }

    private static List<string> Words(string sql)
    {
        List<string> words = [];
        for (int at = 0; at < sql.Length;)
        {
            char c = sql[at];
            int end = at + 1;
            if (char.IsWhiteSpace(c))
            {
                at++;
                continue;
            }

            if (c is '"' or '\'') end = sql.IndexOf(c, at + 1) + 1;
            else if (char.IsLetterOrDigit(c) || c == '_')
                while (end < sql.Length && (char.IsLetterOrDigit(sql[end]) || sql[end] == '_')) end++;
            words.Add(sql[at..end]);
            at = end;
        }

        return words;
    }

    private sealed class Reader(List<string> words)
    {
        private int _at;

        public bool IsAtEnd => _at == words.Count;

        private string Next => IsAtEnd ? "" : words[_at];

        public Select Select()
        {
            Expect("SELECT");
            List<Item> items = [Item()];
            while (Accept(",")) items.Add(Item());
            Expect("FROM");
            Select? inner = null;
            string? relation = null;
            if (Accept("("))
            {
                inner = Select();
                Expect(")");
            }
            else
            {
                relation = Identifier();
            }

            if (Accept("AS")) Identifier();
            Expression? where = Accept("WHERE") ? Condition() : null;
            List<Expression> groups = [];
            if (Accept("GROUP"))
            {
                Expect("BY");
                do groups.Add(Operand());
                while (Accept(","));
            }

            return new Select(items, relation, inner, where, groups);
        }

        private Item Item()
        {
            Expression expression = Operand();
            string alias = expression is Name name ? name.Text : "";
            return new Item(expression, Accept("AS") ? Identifier() : alias);
        }

        private Expression Condition()
        {
            Expression left = Comparison();
            while (Accept("AND")) left = new Call("and", [left, Comparison()]);
            return left;
        }

        private Expression Comparison()
        {
            if (Accept("("))
            {
                Expression inside = Condition();
                Expect(")");
                return inside;
            }

            Expression left = Operand();
            Expect("=");
            return new Call("=", [left, Operand()]);
        }

        private Expression Operand()
        {
            string word = words[_at++];
            if (word[0] == '\'') return new Constant(word[1..^1]);
            if (char.IsDigit(word[0]))
                return new Constant(long.Parse(word, System.Globalization.CultureInfo.InvariantCulture));
            if (!Accept("(")) return new Name(word.Trim('"'));
            List<Expression> arguments = [];
            if (Accept("*")) Expect(")");
            else
            {
                do arguments.Add(Operand());
                while (Accept(","));
                if (Accept("AS")) SkipType();
                Expect(")");
            }

            return new Call(word.ToLowerInvariant(), arguments);
        }

        private void SkipType()
        {
            Identifier();
            if (!Accept("(")) return;
            while (!Accept(")")) _at++;
        }

        private string Identifier() => words[_at++].Trim('"');

        private bool Accept(string word)
        {
            if (!string.Equals(Next, word, StringComparison.OrdinalIgnoreCase)) return false;
            _at++;
            return true;
        }

        private void Expect(string word)
        {
            if (!Accept(word)) throw new NotSupportedException($"small SQL: {word} expected, not {Next}");
        }
    }
}
