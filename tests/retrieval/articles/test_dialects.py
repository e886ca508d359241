# ruff: noqa: E501  (texts stand as they are)
"""Marks of documentation generators: what carries text keeps it, the rest goes, code stays."""

from __future__ import annotations

import pytest

from retrieval.articles.dialects import plain_markdown
from retrieval.articles.markdown import markdown_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        # MkDocs, Material
        ('=== "Outlook"\n\n    1. Open it.\n    2. Type.\n\n=== "Other"\n\n    Open.',
         "Outlook\n\n1. Open it.\n2. Type.\n\nOther\n\nOpen."),
        ('=== "Bash"\n\n    ```bash\n    === "no tab"\n    ```\n', 'Bash\n\n```\n=== "no tab"\n```'),
        ('=== "A"\n\n    === "B"\n\n        Deep.\n\nAfter.', "A\n\nB\n\nDeep.\n\nAfter."),
        ('1. Step\n\n    === "Linux"\n\n        Use apt.\n\n2. Next', "1. Step\n   Linux\n   Use apt.\n2. Next"),
        ('--8<-- "includes/a.md"\n\nText.', "Text."),
        ("--8<--\na.md\nb.md\n--8<--\n\nText.", "Text."),
        ('??? question "Which port?"\n    Port 993.', "Which port?\n\nPort 993."),
        ('???+ note "T"\n    Text.', "T\n\nText."),
        ("/// tab | Linux\nUse apt.\n///", "Linux\n\nUse apt."),
        ("Press ++ctrl+alt+del++ and ==look== at H~2~O or 10^6^.", "Press Ctrl+Alt+Del and look at H2O or 10^6."),
        (":material-home: Home", "Home"),
        ("[TOC]\n\nText.\n\n*[SLA]: Service level", "Text."),
        # docfx
        ("[!INCLUDE [prerequisites](../a.md)]\n\nText.", "Text."),
        (':::image type="content" source="a.png" alt-text="The page with Reset marked.":::', "The page with Reset marked."),
        ("# [Windows](#tab/w)\n\nOne.\n\n# [macOS](#tab/m)\n\nTwo.\n\n---", "Windows\n\nOne.\n\nmacOS\n\nTwo."),
        ('::: zone pivot="cloud"\nCloud.\n::: zone-end\n::: moniker range=">=v2"\nTwo.\n::: moniker-end', "Cloud.\n\nTwo."),
        ("> [!NOTE]\n> Tuesdays only.", "Note: Tuesdays only."),
        ('> [!div class="nextstepaction"]\n> [Next](a.md)', "Next"),
        ("See <xref:System.String.Copy*>.", "See Copy*."),
        # Docusaurus
        ("import Tabs from '@theme/Tabs';\nimport {\n  A,\n} from 'b';\n\nText.", "Text."),
        ("export const X = ({children}) => (\n  <b>{children}</b>\n);\n\nPort <X>8443</X>.", "Port 8443."),
        ("{/* not this */}\n\nText.", "Text."),
        (":::tip[Before you begin]\n\nHave a key.\n\n:::", "Before you begin\n\nHave a key."),
        (":::note\n\nText.\n\n:::", "Text."),
        ('<Tabs groupId="os">\n<TabItem value="win" label="Windows">\n\nRun it.\n\n</TabItem>\n<TabItem value="mac">\n\nDrag.\n\n</TabItem>\n</Tabs>',
         "Windows\n\nRun it.\n\nmac\n\nDrag."),
        ('<Admonition type="tip" title="Look">\n\nHere.\n\n</Admonition>', "Look\n\nHere."),
        # Hugo
        ('{{< tabpane >}}\n{{< tab header="By train" >}}\nBook.\n{{< /tab >}}\n{{< /tabpane >}}', "By train\n\nBook."),
        ("{{% notice tip %}}\nKeep receipts.\n{{% /notice %}}", "Keep receipts."),
        ('See [rates]({{< ref "rates.md" >}}). {{< figure src="a.png" alt="Map of offices" >}}', "See rates.\nMap of offices"),
        ('A {{< glossary_tooltip text="pod" term_id="pod" >}} runs.', "A pod runs."),
        ('## {{% heading "whatsnext" %}}\n\nText.', "## What's next\n\nText."),
        ("{{< highlight bash >}}\nls\n{{< /highlight >}}", "```\nls\n```"),
        # GitBook, Jekyll
        ('{% tabs %}\n{% tab title="Card" %}\nTo the card.\n{% endtab %}\n{% endtabs %}', "Card\n\nTo the card."),
        ('{% hint style="info" %}\nFive days.\n{% endhint %}', "Five days."),
        ('{% content-ref url="x.md" %}\n[x.md](x.md)\n{% endcontent-ref %}\n\nText.', "Text."),
        ('{% include note.html content="Keep the box." %}', "Keep the box."),
        ("{% include_relative steps.md %}\n\nText.\n\n* TOC\n{:toc}", "Text."),
        # MyST
        ("```{note}\nKept 14 days.\n```", "Kept 14 days."),
        (":::{admonition} Careful\n:class: warning\nFinal.\n:::", "Careful\n\nFinal."),
        ("````{tab-set}\n```{tab-item} Linux\nUse rsync.\n```\n````", "Linux\n\nUse rsync."),
        ("```{include} ../x.md\n```\n\nText.", "Text."),
        ("```{figure} a.png\n:alt: The rack from behind\n\nThe caption.\n```", "The rack from behind\n\nThe caption."),
        ("```{code-block} python\n:linenos:\nx = 1\n```", "```\nx = 1\n```"),
        ("See {doc}`a/backup`, {ref}`the label <l>` and press {kbd}`Ctrl+S`.", "See backup, the label and press Ctrl+S."),
        # Obsidian
        ("> [!warning] Pager first\n> In 5 minutes.", "Pager first\n\nIn 5 minutes."),
        ("> [!faq]- Who covers?\n> Ann.", "Who covers?\n\nAnn."),
        ("See [[Runbooks/Failover|failover]], [[Team/On call]] and [[Page#Part]]. ![[a.png]]", "See failover, On call and Page."),
        ("Text. %%a comment%% More.", "Text. More."),
    ],
)  # fmt: skip
def test_markdown_reads_as_a_reader_sees_it(markup: str, text: str) -> None:
    assert markdown_text(markup) == text


@pytest.mark.parametrize(
    "markup",
    [
        "Plain text with <b>HTML</b> and a == b, x ~ y, C++ and C++.",
        "```\n=== \"Tab\"\n:::note\n{{< tab >}}\n[[a]]\n<Tabs>\nimport x from 'y'\n```",
        "Run `[[ -f a ]] && {{< x >}}`, then ``<Tabs> ` [[b]]``.",
        "if [[ $a == b ]]; then",
        "| a | b |\n|---|---|\n| x | y |",
    ],
)
def test_other_text_stays_as_it_is(markup: str) -> None:
    assert plain_markdown(markup) == markup


def test_deep_tabs_end() -> None:
    deep = "\n".join(" " * 4 * depth + f'=== "{depth}"' for depth in range(100))
    assert "99" in plain_markdown(deep)
