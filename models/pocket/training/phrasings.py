"""The many ways to ask the same, and questions that no picture of this model's world answers.

Each list ends with phrasings that only the evaluation uses: as many as `HELD`.
"""

import re

HELD = 2

COUNT = ["How many {} are there?", "How many {} are in this picture?", "How many {} do you see?",
         "How many {} can you see?", "Count the {}.", "How many {}?", "How many {} are in the picture?",
         "How many {} are in the image?", "How many {} does the picture show?", "How many {} are shown?",
         "What is the number of {}?", "How many {} are there in this image?", "How many {} are visible?",
         "How many {} in total?", "Can you count the {}?", "Count all {}.", "How many {} are there in all?",
         "What number of {} is there?", "Tell me how many {} there are.", "Please count the {}."]
COLOUR = ["What colour is the {}?", "What color is the {}?", "Which colour is the {}?",
          "Which color is the {}?", "What is the colour of the {}?", "What is the color of the {}?",
          "What colour does the {} have?", "What color does the {} have?", "The {} has which colour?",
          "Tell me the colour of the {}.", "Name the color of the {}.", "In what colour is the {}?",
          "In which color is the {} drawn?", "What's the colour of the {}?", "What's the color of the {}?",
          "Which colour has the {}?", "Say which color the {} is.", "Of what colour is the {}?"]
SHAPE = ["What shape is {}?", "What is {}?", "Which shape is {}?", "What is the {} shape?",
         "What is the {} thing?", "Which thing is {}?", "What kind of shape is {}?", "Name the {} shape.",
         "What do you call the {} shape?", "Tell me what is {}."]
LONE_SHAPE = ["What shape is there?", "What shape is this?", "Which shape is shown?", "What shape do you see?",
              "Which shape is in the picture?", "What is the shape?", "Name the shape.",
              "What shape can you see here?"]
PLACE = ["Where is the {}?", "In which part of the picture is the {}?", "Where do you see the {}?",
         "Where is the {} in the picture?", "Where can I find the {}?", "At which place is the {}?",
         "Tell me where the {} is."]
GROUND = ["What colour is the background?", "What color is the background?", "Which colour has the background?",
          "What is the background colour?", "What is the color of the background?",
          "What colour is the ground?", "Tell me the background color.", "In what colour is the background?"]
READ = ["What does it say?", "Read all text.", "Read the text.", "Read it aloud.", "What is written here?",
        "Read all the text in this picture.", "What does the picture say?", "What does this say?",
        "What is the text?", "What text is in this picture?", "What text do you see?", "Read this.",
        "Read this to me.", "What is written in the picture?", "Which words are written here?",
        "What does the text say?", "Can you read this?", "What is written on it?", "Which text is shown?",
        "Transcribe the text.", "Write down the text.", "What can you read?", "Read the words.",
        "What do the words say?", "Please read the text out.", "What text is shown here?"]
SIGN = ["What does the {} say?", "Read the {}.", "What is written on the {}?", "What is on the {}?",
        "Which words are on the {}?", "What text is on the {}?", "Tell me what the {} says.",
        "What can be read on the {}?"]
BUTTON = ["What does the button say?", "What is written on the button?", "What is the button's label?",
          "Which button is there?", "What is the label of the button?", "Read the button.",
          "What text is on the button?", "What does it say on the button?", "What is the button called?",
          "Which words are on the button?", "Read the label of the button.", "What is the text of the button?",
          "What can I click?", "What does the button read?", "Which text does the button have?",
          "What label has the button?", "Tell me what the button says.", "What is on the button?"]
NAMED_BUTTON = ["What does the {} button say?", "What is written on the {} button?",
                "What is the label of the {} button?", "Read the {} button.", "What text is on the {} button?",
                "What is the {} button called?", "What is the {} button's label?",
                "What does it say on the {} button?", "Tell me what the {} button says.",
                "Which words are on the {} button?"]
BUTTONS = ["What do the buttons say?", "Which buttons are there?", "Read the buttons.",
           "What is written on the buttons?", "What are the labels of the buttons?", "List the buttons.",
           "Name all buttons.", "Which buttons can I click?"]
TITLE = ["What is the title?", "What is the title of this dialog?", "What does the title say?",
         "Read the title.", "What is the heading?", "What is the window called?", "What does the heading say?",
         "Tell me the title."]
CHECKBOX = ["What does the check box say?", "What is the label of the checkbox?", "Read the check box.",
            "What is written beside the checkbox?", "What is the checkbox for?"]
TOTAL = ["What is the total?", "How much is the total?", "How much is it in all?",
         "What does it cost in total?", "What is the sum?", "How much was paid?", "What is the total amount?",
         "Tell me the total."]
PRICE = ["How much is the {}?", "What does the {} cost?", "What is the price of the {}?",
         "How much does the {} cost?", "What did the {} cost?", "Tell me the price of the {}."]
FIELD = ["What is the {}?", "What does the field {} say?", "What is in the field {}?", "What is entered as {}?",
         "What is written under {}?", "Read the field {}."]
TALLEST = ["Which bar is tallest?", "Which bar is the tallest?", "Which is the highest?",
           "Which bar is the highest?", "What is the tallest bar?", "Which bar is the longest?"]
VALUE = ["What is the value of {}?", "How much is {}?", "Which value has {}?",
         "What value does the bar {} have?", "Tell me the value of {}."]
# What `tasks.py` asks in one way, and all the ways to ask it.
REWORDED = [(re.compile(pattern), phrasings) for pattern, phrasings in (
    ("How many (.+) are there\\?", COUNT), ("What colour is the (.+)\\?", COLOUR), ("Where is the (.+)\\?", PLACE),
    ("What shape is (.+)\\?", SHAPE), ("What does the button say\\?", BUTTON),
    ("What does the (left|right) button say\\?", NAMED_BUTTON),
    ("What do the buttons say\\?", BUTTONS), ("What is the title\\?", TITLE), ("What is the total\\?", TOTAL),
    ("How much is the (.+)\\?", PRICE), ("What does the field (.+) say\\?", FIELD),
    ("Which bar is tallest\\?", TALLEST),
    ("What is the value of (.+)\\?", VALUE), ("What does it say\\?|Read the text.|What is written here\\?", READ))]

# Questions that have nothing to do with what this model can see. {w} is any word.
OFF_WORLD = """Who is the president?|Write a poem.|What is 12 times 7?|Translate this.|What is the person's age?
Is this email a scam?|Translate the text into French.|Write a story about this picture.|Who painted this?
What is the capital of France?|How old is the man?|What breed is the dog?|Which city is this?
Where was this taken?|What time is it?|What day is it today?|What is the weather like?
Will it rain tomorrow?|How do I cook rice?|Tell me a joke.|What is the meaning of life?|Who are you?
What is your name?|How are you?|Who made you?|What is love?|Explain quantum physics.
Write a Python function.|Fix the bug in this code.|What does this code do?|Is this person happy?
What is she wearing?|Who is this?|Is he smiling?|What emotion does the face show?|What brand is the car?
How much does this house cost?|Is this plant poisonous?|What kind of bird is it?
What species is this flower?|Is this food healthy?|How many calories does it have?|What is the recipe?
Is this real or fake?|Is the picture made by AI?|What camera took it?|When was the photo taken?
Summarise the news.|What happened in 1969?|Who won the world cup?|How far is the moon?
What is the speed of light?|Solve the equation.|What is the square root of 81?|How much is 17 plus 26?
What is 5 + 3?|Divide 100 by 4.|What is the next number?|Spell the word {w}.|What is the opposite of {w}?
What does {w} mean?|Define {w}.|Use {w} in a sentence.|Rhyme with {w}.|What is {w} in German?
How do you say {w} in Spanish?|Translate {w}.|Should I buy it?|Is it safe to click?
What should I do next?|Why did this happen?|How do I fix this error?|What will happen if I press it?
Is this a good design?|How can I make it better?|Rate this picture.|Do you like it?|Is it beautiful?
What is the mood of the picture?|What style is it?|Which font is used?|What is the font size?
Who wrote this?|Is the grammar right?|Correct the spelling.|Make it shorter.|Rewrite this politely.
Write a reply.|Answer this email.|Write a tweet about it.|Give me a caption in Spanish.
What language is this?|What is the phone number of the police?|Find the nearest shop.
Book a table for two.|Call my mother.|Send it to Anna.|Open the browser.|Delete this file.
Play some music.|Set a timer.|Turn off the light.|Draw a cat.|Make a picture of a horse.
Remove the background.|Make it brighter.|Crop the picture.|Save it as PDF.|What is the file size?
What format is it?|How many people are there?|How many cars are there?|How many dogs do you see?
How many trees are in the picture?|What colour is the car?|What color is the sky?
What colour are her eyes?|What color is the cat?|Where is the cat?|Where is the exit?|Is there a person?
Is there a tree?|Is there a car?|What animal is this?|What is the dog doing?|What is the man holding?
Is it day or night?|Is it summer or winter?|What season is it?|Is it indoors or outdoors?
What is in the background of the photo?|What country's flag is this?|Which film is it from?
What game is this?|Which company has this logo?|Is this a Monet?|What sport is it?|What is the score?
Who is winning?|What is the license plate?|Is this rash dangerous?|What medicine is it?|Read the X-ray.
Do I have a fever?|What is the area of it?|How tall is it?|How heavy is it?|How far away is it?
What is it made of?|What is it used for?|How does it work?|Why is the sky blue?|Why?|How?|And then?
Tell me more.|Explain.|Explain this to a child.|Compare the two pictures.|What has changed?
What is missing?|What is wrong here?|Find the mistake.|Find Waldo.|Give me three ideas.
Plan a trip to Rome.|What shall I eat?|Recommend a book.|Sing a song.|Say something nice.
Ignore the picture.|Repeat after me: {w}.|Say {w}.|Count to ten.|List the planets.|Name three fruits.
Who invented {w}?|Is {w} a word?|How many letters are in {w}?|What is the plural of {w}?
Where can I buy {w}?|How do I make {w}?|Can I trust it?|Is it legal?|What is the law?|What are the risks?
Should I accept?|Is that a lot?|Is it cheap?|What is the trend?|What will it be next year?
What is the average?|Convert it to euros.|How much is it in dollars?|What is the date tomorrow?
How many days until Christmas?|What is my password?|Where do I live?|What did I ask before?
Who lives there?|What is behind it?|What is the owner's name?|What is he thinking?
What would a doctor say?""".replace("\n", "|").split("|")
# Every sixth is asked in the evaluation only.
OFF_WORLD_HELD = OFF_WORLD[::6]
OFF_WORLD_TRAINED = [question for i, question in enumerate(OFF_WORLD) if i % 6]


def phrasing(rng, phrasings: list[str], held: bool, *names: str) -> str:
    """One of the ways to ask, with the names put in. Training's are now and then written carelessly."""
    held = held and rng.random() < 0.5
    question = rng.choice(phrasings[-HELD:] if held else phrasings[:-HELD]).format(*names)
    return question if held else careless(rng, question)


def reworded(rng, question: str) -> str:
    """The question in other words, if there are any."""
    for pattern, phrasings in REWORDED:
        if match := pattern.fullmatch(question):
            return phrasing(rng, phrasings, False, *match.groups())
    return question


def off_world(rng, held: bool, word: str) -> str:
    """A question outside the world."""
    question = rng.choice(OFF_WORLD_HELD if held else OFF_WORLD_TRAINED).replace("{w}", word)
    return question if held else careless(rng, question)


def careless(rng, question: str) -> str:
    """The question as people type it: some politely, some without its capital or its mark."""
    kind = rng.random()
    if kind < 0.05:
        return "Please: " + question
    if kind < 0.1:
        return question[0].lower() + question[1:]
    if kind < 0.15:
        return question.rstrip("?.")
    if kind < 0.2:
        return (question[0].lower() + question[1:]).rstrip("?.")
    return question
